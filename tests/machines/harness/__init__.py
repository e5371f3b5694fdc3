"""Several machines on one: each a namespace of network, processes, mounts and name, with an engine of its own.

A machine is a process tree: when its first process is killed, all that it runs and has mounted is gone, as with the
power. The first process of each dies with the tests, however they end; files and control groups are removed by a
process that waits for that (`remover`).
"""

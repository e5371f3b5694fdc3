"""On the head: print a token for another machine, once, or take a machine's away."""

from __future__ import annotations

import argparse
import sys

from checkout.compose import compose, docker
from checkout.ending import CONFIGURATION, UNAVAILABLE, USAGE, refuse
from checkout.one_at_a_time import one_at_a_time
from checkout.ownership import must_be_ours
from checkout.settings import CLUSTER, as_typed, cluster
from checkout.steps import added

from cluster.inside import keep
from cluster.machine_file import take_away
from cluster.names import NAME, good_address, good_name

# by standard input, so that the password is an argument of no program; ACL LOAD ends what users have open who are gone,
# and leaves what was opened with a password that is another one now
_LOAD = """
{
    printf 'AUTH operator '; cat /run/microstep/broker/operator; printf '\\nACL LOAD\\n'
    test -z "$1" || printf 'CLIENT KILL USER %s\\n' "$1"
} | valkey-cli
"""


def take_effect(anew: str = "") -> None:
    """Have gateway and broker read what was written; whoever is no longer named loses its connections there.

    :param anew: whoever has another password now, and loses those that it opened with the one before
    """
    looked = compose("exec", "-T", "gateway", "nginx", "-t", "-q", "-c", "/etc/nginx/head.conf", check=False)
    if looked.returncode == 0:
        compose("kill", "--signal=HUP", "gateway")
    said = compose("exec", "-T", "broker", "sh", "-c", _LOAD, "sh", anew).stdout.split()
    if said[:2] != ["OK", "OK"] or (anew and not said[-1].isdecimal()):
        refuse(
            UNAVAILABLE,
            f"the broker did not read its users anew: {' '.join(said)}; type: {as_typed()} restart broker",
        )
    if looked.returncode:
        refuse(
            UNAVAILABLE,
            f"the gateway goes on as before, because it cannot read what it must read anew: {looked.stderr.strip()};"
            " take the machine away that it names; type: make token REVOKE=NAME",
        )


def ask(*words: str) -> str:
    """Have the keeper of the cluster's secrets do something; ends this program with what it refuses."""
    done = docker(*keep(*words), check=False)
    if done.returncode:
        refuse(USAGE if done.returncode == USAGE else UNAVAILABLE, done.stderr.strip())
    return done.stdout.strip()


def revoke(name: str) -> None:
    """Take a machine's token away; where that was begun and did not come to its end, do the rest."""
    done = docker(*keep("revoke", name), check=False)
    if done.returncode not in (0, USAGE):
        refuse(UNAVAILABLE, done.stderr.strip())
    # also where the keeper knows none of that name: whoever was stopped before this has left it in gateway and broker
    take_effect()
    if NAME.fullmatch(name):
        take_away(name)
    if done.returncode:
        refuse(USAGE, f"{done.stderr.strip()}; gateway and broker have been told anew of those that have one")


def must_be_a_head() -> None:
    """End this program where there are not, and will not be, several machines, or the stack is down."""
    if not cluster():
        refuse(
            CONFIGURATION,
            f"{CLUSTER}: must be this machine's address in the network of the others; type:"
            f" echo {CLUSTER}=10.0.0.11 >> .env (with that address), then make up",
        )
    must_be_ours()
    if not compose("ps", "--quiet", "--status=running", "gateway").stdout.strip():
        refuse(UNAVAILABLE, "the stack is not up as the head of several machines; type: make up")


def must_be_free(name: str) -> None:
    """Raise ValueError where a step that was added has the name: the keeper's container does not see services/."""
    if name in (there := added()):
        raise ValueError(f"NAME: must be none of the steps that were added ({', '.join(there)}), got {name!r}")


def main() -> int:
    """Print the token alone on standard output, all else beside it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", default="", help="of the machine")
    parser.add_argument("--address", default="", help="the machine's address, as the others reach it")
    parser.add_argument("--revoke", default="", help="the machine whose token is to be revoked")
    args = parser.parse_args()
    try:
        if not args.revoke:  # whoever has a token can lose it, whatever it is called
            must_be_free(good_name(args.name))
            good_address(args.address)
    except ValueError as error:
        refuse(USAGE, f"{error}; type: make token NAME=b ADDRESS=10.0.0.12, or make token REVOKE=b")
    must_be_a_head()
    if args.revoke:
        revoke(args.revoke)
        print(f"{args.revoke}: certificate and password are no longer valid. On that machine: make worker DOWN=1")
        return 0
    line = ask("add", args.name, args.address)
    take_effect(args.name)
    print(
        f"The token of {args.name}, shown only once: whoever has it can act as that machine. There, in the same"
        f" directory: make worker HEAD={cluster()}, which asks for it.",
        file=sys.stderr,
    )
    print(line)
    return 0


if __name__ == "__main__":
    with one_at_a_time():
        sys.exit(main())

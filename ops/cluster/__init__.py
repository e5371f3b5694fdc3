"""What lies between the machines of one stack: names, certificates, the broker's users, a machine's token."""

"""Long wires between TUN devices: a packet that enters one end leaves the other end later, or never.

Carries whole IP packets and looks into none. Makes the devices, says "ready", and ends when its standard input does;
whoever started it moves the devices to where they belong. Each direction of a wire holds at most QUEUE_PACKETS; what
comes on top of that is dropped, as by a router.

    link.py NEAR FAR [NEAR FAR ..]      commands, one a line: delay WIRE MS | lose WIRE SHARE | cut WIRE | restore WIRE
"""

import fcntl
import os
import random
import select
import struct
import sys
import time
from collections import deque

TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000
PACKET_BYTES = 65_536
# Two seconds of a call in HD on each direction.
QUEUE_PACKETS = 2_000
# So many packets are read from one device before the others have their turn.
BATCH = 32


class Direction:
    """One way along a wire."""

    def __init__(self, wire, source, target):
        self.wire = wire
        self.source = source
        self.target = target
        self.queue = deque()
        # The same packets of a direction are lost each time, by their order.
        self.random = random.Random(source)

    def take(self, now):
        """Reads what waits at the source."""
        for _ in range(BATCH):
            try:
                packet = os.read(self.source, PACKET_BYTES)
            except OSError:
                # Nothing waits any more, or the device is down.
                return
            if self.wire.is_cut or self.random.random() < self.wire.loss:
                continue
            if len(self.queue) < QUEUE_PACKETS:
                self.queue.append((now + self.wire.delay, packet))

    def give(self, now):
        """Writes what is due."""
        while self.queue and self.queue[0][0] <= now:
            packet = self.queue.popleft()[1]
            try:
                os.write(self.target, packet)
            except OSError:
                # The device is down or full: lost, as on any network.
                pass


class Wire:
    """Two directions with the same delay and loss."""

    def __init__(self, near, far):
        self.delay = 0.0
        self.loss = 0.0
        self.is_cut = False
        near, far = device(near), device(far)
        self.directions = [Direction(self, near, far), Direction(self, far, near)]


def device(name):
    """Makes a TUN device of this name; it is gone with this process."""
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return fd


def obey(wires, line):
    """Carries out one command and says so."""
    verb, index, *rest = line.split()
    wire = wires[int(index)]
    if verb == "delay":
        wire.delay = float(rest[0]) / 1_000
    elif verb == "lose":
        wire.loss = float(rest[0])
    else:
        wire.is_cut = {"cut": True, "restore": False}[verb]
    print("done", flush=True)


def main():
    names = sys.argv[1:]
    wires = [Wire(near, far) for near, far in zip(names[::2], names[1::2])]
    directions = {direction.source: direction for wire in wires for direction in wire.directions}
    try:
        # Busy browsers beside it must not make the network slow.
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except OSError:
        os.nice(-5)
    print("ready", flush=True)
    commands = b""
    while True:
        due = min((each.queue[0][0] for each in directions.values() if each.queue), default=None)
        wait = None if due is None else max(0.0, due - time.monotonic())
        readable, _, _ = select.select([0, *directions], [], [], wait)
        now = time.monotonic()
        for fd in readable:
            if fd != 0:
                directions[fd].take(now)
                continue
            read = os.read(0, 4_096)
            if not read:
                return
            *lines, commands = (commands + read).split(b"\n")
            for line in lines:
                obey(wires, line.decode())
        for direction in directions.values():
            direction.give(now)


main()

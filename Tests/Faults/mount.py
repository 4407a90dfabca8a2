"""Disks for the drills: one that can be filled, and one that turns read-only."""

import ctypes
import errno
import os
import subprocess
from contextlib import contextmanager

from place import Broken

NEEDED = "this drill needs root, CAP_SYS_ADMIN and loop devices"
LIBC = ctypes.CDLL(None, use_errno=True)
LAZY = 2


@contextmanager
def small_disk(folder, megabytes):
    """Mounts an empty disk of this size on a folder, which is made."""
    os.makedirs(folder)
    data = f"size={megabytes}m,mode=700".encode()
    if LIBC.mount(b"heed-drill", folder.encode(), b"tmpfs", 0, data) != 0:
        raise Broken(f"cannot mount a tmpfs: {os.strerror(ctypes.get_errno())}; {NEEDED}")
    try:
        yield Disk(folder)
    finally:
        # Lazily: a process that is about to end may still have files open.
        LIBC.umount2(folder.encode(), LAZY)


@contextmanager
def failing_disk(folder, image):
    """Mounts an ext4 in a file, which can be told to fail."""
    os.makedirs(folder)
    with open(image, "wb") as file:
        file.truncate(32 << 20)
    _run("mkfs.ext4", "-q", "-F", image)
    device = _run("losetup", "--find", "--show", image)
    try:
        _run("mount", "-o", "errors=remount-ro", device, folder)
        try:
            yield FailingDisk(device)
        finally:
            LIBC.umount2(folder.encode(), LAZY)
    finally:
        # The kernel lets the device go with its last user.
        subprocess.run(["losetup", "--detach", device], check=False, capture_output=True)


def _run(*command):
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise Broken(f"{' '.join(command)}: {ran.stderr.strip()}; {NEEDED}")
    return ran.stdout.strip()


class FailingDisk:
    """An ext4 that turns read-only when the kernel finds a fault in it."""

    def __init__(self, device):
        self.device = device

    def read_only(self):
        """Finds a fault: from now on nothing can be written, into open files neither."""
        switch = f"/sys/fs/ext4/{os.path.basename(self.device)}/trigger_fs_error"
        try:
            with open(switch, "w", encoding="ascii") as file:
                file.write("1\n")
        except OSError as error:
            raise Broken(f"cannot make a disk fail: {error}; {NEEDED}") from error


class Disk:
    """A mounted disk of a few megabytes."""

    def __init__(self, folder):
        self.folder = folder
        self.filler = os.path.join(folder, "filler")

    def fill(self, leave=0):
        """Takes all the room but so many bytes."""
        found = os.statvfs(self.folder)
        room = found.f_bavail * found.f_frsize - leave
        with open(self.filler, "ab", buffering=0) as file:
            try:
                while room > 0:
                    room -= file.write(bytes(min(room, 1 << 16)))
            except OSError as error:
                # Somebody else took some of it.
                if error.errno != errno.ENOSPC:
                    raise

    def make_room(self):
        """Removes what `fill` has written."""
        os.remove(self.filler)

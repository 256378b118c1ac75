"""A network disk, played: a folder seen through FUSE, slow, without regard to capitals, and failing when it is told to.

    network-disk.py FOLDER MOUNT SECONDS_AN_OPERATION CONTROL

While the file CONTROL is there, operations fail with the error whose name it has, such as EIO; with a path behind the
name, only those on that path and below it.
"""
import errno
import os
import sys
import time

from fuse import FUSE, FuseOSError, Operations

folder, mount, delay, control = sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4]


class NetworkDisk(Operations):
    def place(self, path):
        time.sleep(delay)
        if os.path.exists(control):
            name, *below = open(control).read().split(" ", 1)
            if not below or path == below[0] or path.startswith(below[0] + "/"):
                raise FuseOSError(getattr(errno, name))
        found = folder
        for part in path.strip("/").split("/") if path != "/" else []:
            if not os.path.lexists(os.path.join(found, part)) and os.path.isdir(found):
                part = next((own for own in os.listdir(found) if own.lower() == part.lower()), part)
            found = os.path.join(found, part)
        return found

    def access(self, path, mode):
        if not os.access(self.place(path), mode):
            raise FuseOSError(errno.EACCES)

    def getattr(self, path, fh=None):
        state = os.lstat(self.place(path))
        names = ("st_atime", "st_ctime", "st_gid", "st_mode", "st_mtime", "st_nlink", "st_size", "st_uid")
        return {name: getattr(state, name) for name in names}

    def readdir(self, path, fh):
        return [".", "..", *os.listdir(self.place(path))]

    def open(self, path, flags):
        return os.open(self.place(path), flags)

    def read(self, path, size, offset, fh):
        self.place(path)
        return os.pread(fh, size, offset)

    def release(self, path, fh):
        os.close(fh)


FUSE(NetworkDisk(), mount, foreground=True, attr_timeout=0, entry_timeout=0)

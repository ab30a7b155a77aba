// Preloaded into a process (LD_PRELOAD), it makes fsync and fdatasync fail for files whose path holds
// PLUMB_FAULT_PATH while a file named PLUMB_FAULT_WHEN exists: for a library such as SQLite, which has no
// interface to put a fault into.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fails(int fd) {
    const char *part = getenv("PLUMB_FAULT_PATH");
    const char *when = getenv("PLUMB_FAULT_WHEN");
    char link[64], path[4096];
    ssize_t length;
    if (part == NULL || when == NULL || access(when, F_OK) != 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strstr(path, part) != NULL;
}

static int forced(const char *name, int fd) {
    if (fails(fd)) {
        errno = EIO;
        return -1;
    }
    return ((int (*)(int))dlsym(RTLD_NEXT, name))(fd);
}

int fsync(int fd) { return forced("fsync", fd); }

int fdatasync(int fd) { return forced("fdatasync", fd); }

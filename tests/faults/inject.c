/* Breaks the n-th call that changes something below a directory. Loaded into a step with LD_PRELOAD; idle until armed.

   Counted are the calls of the C library through which Python and Arrow write, rename, flush and remove. The count is
   one for all threads, and lies in memory that the parent can read when the child is gone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

struct shared { long calls; char what[240]; };

static char prefix[PATH_MAX];
static size_t length;
static long broken_call;
static int error_number; /* 0: kill; -1: write a half, then kill */
static struct shared *shared;

void inject_arm(const char *directory, long call, int error, struct shared *memory) {
    strncpy(prefix, directory, sizeof prefix - 1);
    length = strlen(prefix);
    broken_call = call;
    error_number = error;
    shared = memory;
}

static int below(int fd, const char *path) {
    char place[PATH_MAX], link[64];
    ssize_t size;
    if (!shared) return 0;
    if (path && path[0] == '/') return strncmp(path, prefix, length) == 0;
    if (path && fd == AT_FDCWD) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    size = readlink(link, place, sizeof place - 1);
    if (size < 0) return 0;
    place[size] = 0;
    return strncmp(place, prefix, length) == 0;
}

/* 0: go on; 1: fail with errno set; 2: do a half, then die */
static int hit(const char *name, int fd, const char *path) {
    long call;
    if (!below(fd, path)) return 0;
    call = __atomic_add_fetch(&shared->calls, 1, __ATOMIC_SEQ_CST);
    if (!broken_call || call < broken_call) return 0;
    if (call == broken_call) {
        char place[PATH_MAX] = "", link[64];
        if (!path) {
            snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
            if (readlink(link, place, sizeof place - 1) < 0) place[0] = 0;
        }
        snprintf(shared->what, sizeof shared->what, "%s %.200s", name, path ? path : place);
        if (error_number == 0) kill(getpid(), SIGKILL);
        if (error_number < 0) return 2;
    }
    if (error_number <= 0) return 0;
    errno = error_number; /* a disk that is full stays full */
    return 1;
}

#define REAL(type, name, ...) static type (*real)(__VA_ARGS__); if (!real) real = dlsym(RTLD_NEXT, #name)
#define DIE kill(getpid(), SIGKILL)

ssize_t write(int fd, const void *data, size_t size) {
    REAL(ssize_t, write, int, const void *, size_t);
    switch (hit("write", fd, NULL)) {
    case 1: return -1;
    case 2: real(fd, data, size / 2); DIE;
    }
    return real(fd, data, size);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
    switch (hit("pwrite", fd, NULL)) {
    case 1: return -1;
    case 2: real(fd, data, size / 2, at); DIE;
    }
    return real(fd, data, size, at);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return pwrite64(fd, data, size, at); }
ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(ssize_t, writev, int, const struct iovec *, int);
    switch (hit("writev", fd, NULL)) {
    case 1: return -1;
    case 2: real(fd, parts, count / 2); DIE;
    }
    return real(fd, parts, count);
}
ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t size, unsigned flags) {
    REAL(ssize_t, copy_file_range, int, off64_t *, int, off64_t *, size_t, unsigned);
    switch (hit("copy_file_range", out, NULL)) {
    case 1: return -1;
    case 2: real(in, from, out, to, size / 2, flags); DIE;
    }
    return real(in, from, out, to, size, flags);
}

#define SIMPLE(type, name, params, args, fd, path) \
    type name params { REAL(type, name, TYPES_##name); switch (hit(#name, fd, path)) { case 1: return -1; case 2: DIE; } return real args; }
#define TYPES_fsync int
#define TYPES_fdatasync int
#define TYPES_ftruncate int, off_t
#define TYPES_ftruncate64 int, off64_t
#define TYPES_rename const char *, const char *
#define TYPES_renameat int, const char *, int, const char *
#define TYPES_link const char *, const char *
#define TYPES_linkat int, const char *, int, const char *, int
#define TYPES_symlink const char *, const char *
#define TYPES_unlink const char *
#define TYPES_unlinkat int, const char *, int
#define TYPES_rmdir const char *
#define TYPES_mkdir const char *, mode_t
#define TYPES_mkdirat int, const char *, mode_t
#define TYPES_fchmod int, mode_t
#define TYPES_chmod const char *, mode_t
SIMPLE(int, fsync, (int fd), (fd), fd, NULL)
SIMPLE(int, fdatasync, (int fd), (fd), fd, NULL)
SIMPLE(int, ftruncate, (int fd, off_t size), (fd, size), fd, NULL)
SIMPLE(int, ftruncate64, (int fd, off64_t size), (fd, size), fd, NULL)
SIMPLE(int, rename, (const char *a, const char *b), (a, b), AT_FDCWD, b)
SIMPLE(int, renameat, (int x, const char *a, int y, const char *b), (x, a, y, b), y, b)
SIMPLE(int, link, (const char *a, const char *b), (a, b), AT_FDCWD, b)
SIMPLE(int, linkat, (int x, const char *a, int y, const char *b, int f), (x, a, y, b, f), y, b)
SIMPLE(int, symlink, (const char *a, const char *b), (a, b), AT_FDCWD, b)
SIMPLE(int, unlink, (const char *a), (a), AT_FDCWD, a)
SIMPLE(int, unlinkat, (int x, const char *a, int f), (x, a, f), x, a)
SIMPLE(int, rmdir, (const char *a), (a), AT_FDCWD, a)
SIMPLE(int, mkdir, (const char *a, mode_t m), (a, m), AT_FDCWD, a)
SIMPLE(int, mkdirat, (int x, const char *a, mode_t m), (x, a, m), x, a)
SIMPLE(int, fchmod, (int fd, mode_t m), (fd, m), fd, NULL)
SIMPLE(int, chmod, (const char *a, mode_t m), (a, m), AT_FDCWD, a)

#define OPENS (O_CREAT | O_TRUNC)
#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(int, name, const char *, int, ...); \
        va_list more; va_start(more, flags); mode_t mode = va_arg(more, mode_t); va_end(more); \
        if (flags & OPENS) switch (hit("open", AT_FDCWD, path)) { case 1: return -1; case 2: DIE; } \
        return real(path, flags, mode); }
#define OPENAT(name) \
    int name(int fd, const char *path, int flags, ...) { \
        REAL(int, name, int, const char *, int, ...); \
        va_list more; va_start(more, flags); mode_t mode = va_arg(more, mode_t); va_end(more); \
        if (flags & OPENS) switch (hit("open", fd, path)) { case 1: return -1; case 2: DIE; } \
        return real(fd, path, flags, mode); }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

/* A disk that fails: stands between a test's process and the C library (LD_PRELOAD).
 *
 * Counts the writes, truncations and syncs of files below FAULTY_DISK_FOLDER, and does to the n-th of them, or
 * to all of them, what the control file FAULTY_DISK_CONTROL says: four 32-bit numbers, mapped into memory, so
 * that a test can change them while the process runs.
 *
 *   [0] what: 0 nothing, 28 ENOSPC, 5 EIO, 1000 stall for as long as it says so
 *   [1] from: the number of the first operation that it is done to (0: the first)
 *   [2] how many: operations it is done to (0: all that follow)
 *   [3] operations so far (written here)
 *
 * Only what the product's processes call: SQLite and Python use these entry points on Linux.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

static volatile uint32_t *control;
static const char *folder;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("FAULTY_DISK_CONTROL");
    folder = getenv("FAULTY_DISK_FOLDER");
    if (!path || !folder) return;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return;
    void *mapped = mmap(NULL, 16, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped != MAP_FAILED) control = mapped;
}

static int is_ours(int fd) {
    char link[64], target[4096];
    if (!control) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, target, sizeof target - 1);
    if (size <= 0) return 0;
    target[size] = 0;
    /* SQLite's shared memory is no disk; a lock file has no content. */
    if (size > 4 && !strcmp(target + size - 4, "-shm")) return 0;
    return !strncmp(target, folder, strlen(folder));
}

/* 0, or the errno that the operation ends with. */
static int fault(int fd) {
    if (!is_ours(fd)) return 0;
    uint32_t number = __sync_fetch_and_add((uint32_t *)&control[3], 1);
    uint32_t what = control[0], from = control[1], many = control[2];
    if (!what || number < from || (many && number >= from + many)) return 0;
    if (what != 1000) return (int)what;
    while (control[0] == 1000) usleep(5000);
    return 0;
}

#define REAL(name, type) static __typeof__(type) real; if (!real) real = (type)dlsym(RTLD_NEXT, name)
#define FAIL_OR(call) do { int code = fault(fd); if (code) { errno = code; return -1; } return call; } while (0)

ssize_t write(int fd, const void *data, size_t size) {
    REAL("write", ssize_t (*)(int, const void *, size_t));
    FAIL_OR(real(fd, data, size));
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
    REAL("pwrite", ssize_t (*)(int, const void *, size_t, off_t));
    FAIL_OR(real(fd, data, size, offset));
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
    REAL("pwrite64", ssize_t (*)(int, const void *, size_t, off64_t));
    FAIL_OR(real(fd, data, size, offset));
}

int fsync(int fd) {
    REAL("fsync", int (*)(int));
    FAIL_OR(real(fd));
}

int fdatasync(int fd) {
    REAL("fdatasync", int (*)(int));
    FAIL_OR(real(fd));
}

int ftruncate(int fd, off_t size) {
    REAL("ftruncate", int (*)(int, off_t));
    FAIL_OR(real(fd, size));
}

int ftruncate64(int fd, off64_t size) {
    REAL("ftruncate64", int (*)(int, off64_t));
    FAIL_OR(real(fd, size));
}

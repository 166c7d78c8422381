#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

static void
name_holder(const char *path, const char *dir, struct error *error)
{
    char process[32] = "";
    FILE *file = fopen(path, "re");
    if (file) {
        if (!fgets(process, sizeof(process), file))
            process[0] = '\0';
        fclose(file);
    }
    process[strcspn(process, "\n")] = '\0';
    error_set(error, ERROR_LIMIT, "", "another gateway runs on %s%s%s%s", dir,
              process[0] ? " (process " : "", process, process[0] ? ")" : "");
}

int
lock_take(const char *dir, struct error *error)
{
    char *path = mem_format("%s/lock", dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        error_set(error, ERROR_LIMIT, "", "%s: %s", path, strerror(errno));
    } else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        name_holder(path, dir, error);
        close(fd);
        fd = -1;
    } else if (ftruncate(fd, 0) != 0 || dprintf(fd, "%ld\n", (long)getpid()) < 0) {
        /* A full disk: the text is only for people, the lock holds without. */
        log_warn("store", "%s: %s", path, strerror(errno));
    }
    free(path);
    return fd;
}

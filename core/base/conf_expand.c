/* ${env:NAME}, ${file:PATH} and ${credential:NAME}: values that do not stand in the
 * file itself. */
#include "base/conf_table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define SECRET_MAX 65536

/* Appends what `name` stands for; NULL, or what is wrong. */
typedef char *source_reader(const char *name, const char *dir, struct buf *out);

static char *
read_env(const char *name, const char *dir, struct buf *out)
{
    (void)dir;
    const char *value = getenv(name);
    if (value == NULL || *value == '\0')
        return mem_text("the environment has no such variable, or an empty one");
    buf_add_text(out, value);
    return NULL;
}

/* NULL, or why the secret in `fd` is refused. */
static char *
check_file(int fd, const char *path, mode_t forbidden)
{
    struct stat stat;
    if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode))
        return mem_format("%s is not a file", path);
    if (stat.st_mode & forbidden)
        return mem_format("others may read it; run: chmod 600 %s", path);
    if (stat.st_size > SECRET_MAX)
        return mem_format("%s is larger than 64 KB", path);
    return NULL;
}

static char *
read_descriptor(int fd, const char *path, struct buf *out)
{
    size_t start = out->size;
    for (;;) {
        ssize_t got = read(fd, buf_reserve(out, 4096), 4096);
        if (got < 0)
            return mem_format("cannot read %s: %s", path, strerror(errno));
        if (got == 0)
            break;
        out->size += (size_t)got;
    }
    if (out->size > start && out->data[out->size - 1] == '\n')
        out->size--;
    if (out->size > start && out->data[out->size - 1] == '\r')
        out->size--;
    out->data[out->size] = '\0';
    if (out->size == start)
        return mem_format("%s is empty", path);
    return memchr(out->data + start, '\0', out->size - start)
               ? mem_format("%s holds a NUL byte", path)
               : NULL;
}

/* Appends the file at `path`, which may have none of the bits of `forbidden`. */
static char *
read_path(const char *path, mode_t forbidden, struct buf *out)
{
    char *complaint;
    /* A named pipe must not hold up the start: it opens, and is refused as no file. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        complaint = mem_format("cannot read %s: %s", path, strerror(errno));
    } else {
        complaint = check_file(fd, path, forbidden);
        if (complaint == NULL)
            complaint = read_descriptor(fd, path, out);
        close(fd);
    }
    return complaint;
}

static char *
read_file(const char *name, const char *dir, struct buf *out)
{
    char *path = name[0] == '/' ? mem_text(name) : mem_format("%s/%s", dir, name);
    char *complaint = read_path(path, S_IRGRP | S_IROTH, out);
    free(path);
    return complaint;
}

/* systemd guards the folder and opens a file of it to the service by an access list,
 * whose mask looks like a right of the group. */
static char *
read_credential(const char *name, const char *dir, struct buf *out)
{
    (void)dir;
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (*name == '\0' || *name == '.' || strchr(name, '/'))
        return mem_text("a credential has a name, not a path");
    if (folder == NULL || *folder == '\0')
        return mem_format("there is no $CREDENTIALS_DIRECTORY; systemd sets it for a "
                          "service with LoadCredential=%s:PATH",
                          name);
    char *path = mem_format("%s/%s", folder, name);
    char *complaint = read_path(path, S_IROTH, out);
    free(path);
    return complaint;
}

static const char *const source_words[] = {"env", "file", "credential", NULL};
static source_reader *const source_readers[] = {read_env, read_file, read_credential};

/* `reference` is what stands between the braces. */
static char *
resolve(const char *reference, const char *dir, struct buf *out)
{
    size_t size = strcspn(reference, ":");
    if (reference[size] == '\0')
        return mem_text("is not ${env:NAME}, ${file:PATH} or ${credential:NAME}");
    for (size_t i = 0; source_words[i]; i++)
        if (strlen(source_words[i]) == size &&
            strncmp(source_words[i], reference, size) == 0)
            return source_readers[i](reference + size + 1, dir, out);
    char *word = mem_copy(reference, size);
    char *guess = conf_guess(word, source_words);
    char *complaint = mem_format("unknown source '%s'%s", word, guess);
    free(word);
    free(guess);
    return complaint;
}

char *
conf_expand(const char *text, const char *dir, bool *is_secret, char **complaint)
{
    struct buf out = {0};
    const char *open;
    *complaint = NULL;
    while ((open = strstr(text, "${")) != NULL) {
        *is_secret = true;
        buf_add(&out, text, (size_t)(open - text));
        const char *close = strchr(open, '}');
        if (close == NULL) {
            *complaint = mem_text("'${' has no '}'");
            break;
        }
        char *reference = mem_copy(open + 2, (size_t)(close - open - 2));
        char *wrong = resolve(reference, dir, &out);
        if (wrong)
            *complaint = mem_format("${%s}: %s", reference, wrong);
        free(wrong);
        free(reference);
        if (*complaint)
            break;
        text = close + 1;
    }
    if (*complaint == NULL) {
        buf_add_text(&out, text);
        return buf_take(&out);
    }
    buf_fini(&out);
    return NULL;
}

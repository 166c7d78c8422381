/* Runs a fuzz target without a fuzzer: every file of its corpus, then mutations of them
 * that are the same on every machine. The corpus of fuzz_NAME is the folder
 * tests/fuzz/corpus/NAME, or the first argument. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#define MUTATIONS  20000
#define FILES_MAX  1000
#define FILE_MAX   (1 << 20)
#define PREFIX     "fuzz_"
#define ROUNDS_MAX 4 /* mutations of one input, one on top of the other */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct corpus {
    char **names;
    struct buf *files;
    size_t count;
};

static uint64_t
next_random(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static size_t
below(size_t limit)
{
    return limit ? (size_t)(next_random() % limit) : 0;
}

/* A copy of exactly this size, so that a sanitizer sees a read beyond it; aligned as
 * the buffers of real readers are. */
static void
run_once(const struct buf *input)
{
    uint8_t *copy = mem_copy(input->data ? input->data : "", input->size);
    uint8_t *exact = mem_grow(copy, input->size ? input->size : 1, 1);
    LLVMFuzzerTestOneInput(exact, input->size);
    free(exact);
}

static void
read_file(const char *name, struct buf *out)
{
    FILE *file = fopen(name, "rb");
    if (file == NULL) {
        perror(name);
        exit(1);
    }
    char chunk[4096];
    size_t size;
    while (out->size < FILE_MAX && (size = fread(chunk, 1, sizeof chunk, file)) > 0)
        buf_add(out, chunk, size);
    fclose(file);
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In the order of the names: the order of a folder differs from machine to machine. */
static void
corpus_read(struct corpus *corpus, const char *dir)
{
    DIR *folder = opendir(dir);
    if (folder == NULL) {
        perror(dir);
        exit(1);
    }
    corpus->names = mem_zero(FILES_MAX * sizeof *corpus->names);
    corpus->files = mem_zero(FILES_MAX * sizeof *corpus->files);
    struct dirent *entry;
    while ((entry = readdir(folder)) && corpus->count < FILES_MAX)
        if (entry->d_name[0] != '.')
            corpus->names[corpus->count++] = mem_format("%s/%s", dir, entry->d_name);
    closedir(folder);
    qsort(corpus->names, corpus->count, sizeof *corpus->names, compare_names);
    for (size_t i = 0; i < corpus->count; i++)
        read_file(corpus->names[i], &corpus->files[i]);
}

static void
corpus_fini(struct corpus *corpus)
{
    for (size_t i = 0; i < corpus->count; i++) {
        buf_fini(&corpus->files[i]);
        free(corpus->names[i]);
    }
    free(corpus->files);
    free(corpus->names);
}

/* ---- mutations: each changes `input`, which is not empty ---- */

static void
flip_bit(struct buf *input, const struct corpus *corpus)
{
    (void)corpus;
    input->data[below(input->size)] ^= (char)(1 << below(8));
}

static void
set_byte(struct buf *input, const struct corpus *corpus)
{
    (void)corpus;
    static const unsigned char telling[] = {0x00, 0x01, 0x1f, 0x22, 0x2c, 0x30,
                                            0x39, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d,
                                            0x7f, 0x80, 0xc0, 0xed, 0xff};
    input->data[below(input->size)] = (char)telling[below(sizeof telling)];
}

static void
truncate_at(struct buf *input, const struct corpus *corpus)
{
    (void)corpus;
    input->size = below(input->size);
}

static void
remove_chunk(struct buf *input, const struct corpus *corpus)
{
    (void)corpus;
    size_t at = below(input->size);
    size_t size = below(input->size - at);
    memmove(input->data + at, input->data + at + size, input->size - at - size);
    input->size -= size;
}

static void
insert(struct buf *input, size_t at, const char *data, size_t size)
{
    struct buf whole = {0};
    buf_add(&whole, input->data, at);
    buf_add(&whole, data, size);
    buf_add(&whole, input->data + at, input->size - at);
    buf_fini(input);
    *input = whole;
}

static void
duplicate_chunk(struct buf *input, const struct corpus *corpus)
{
    (void)corpus;
    size_t from = below(input->size);
    size_t size = below(input->size - from);
    if (input->size + size > FILE_MAX)
        return;
    char *chunk = mem_copy(input->data + from, size);
    insert(input, below(input->size), chunk, size);
    free(chunk);
}

static void
splice(struct buf *input, const struct corpus *corpus)
{
    const struct buf *other = &corpus->files[below(corpus->count)];
    size_t from = below(other->size);
    size_t size = below(other->size - from);
    if (input->size + size <= FILE_MAX && size)
        insert(input, below(input->size), other->data + from, size);
}

static void (*const mutations[])(struct buf *input, const struct corpus *corpus) = {
    flip_bit, set_byte, truncate_at, remove_chunk, duplicate_chunk, splice,
};

static void
run_mutation(const struct corpus *corpus)
{
    const struct buf *file = &corpus->files[below(corpus->count)];
    struct buf input = {0};
    buf_add(&input, file->data, file->size);
    for (size_t rounds = 1 + below(ROUNDS_MAX); rounds > 0 && input.size; rounds--)
        mutations[below(sizeof mutations / sizeof *mutations)](&input, corpus);
    run_once(&input);
    buf_fini(&input);
}

int
main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    const char *name = slash ? slash + 1 : argv[0];
    if (strncmp(name, PREFIX, strlen(PREFIX)) == 0)
        name += strlen(PREFIX);
    char *dir = argc > 1 ? mem_text(argv[1]) : mem_format("tests/fuzz/corpus/%s", name);
    struct corpus corpus = {0};
    corpus_read(&corpus, dir);
    if (corpus.count == 0) {
        fprintf(stderr, "%s: no files\n", dir);
        return 1;
    }
    for (size_t i = 0; i < corpus.count; i++)
        run_once(&corpus.files[i]);
    for (int i = 0; i < MUTATIONS; i++)
        run_mutation(&corpus);
    printf("%s: %zu files, %d mutations\n", name, corpus.count, MUTATIONS);
    corpus_fini(&corpus);
    free(dir);
    return 0;
}

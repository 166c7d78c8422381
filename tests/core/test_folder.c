/* Which files are scripts, in which order, and what is said of those that cannot be
 * read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "script/folder.h"

static char dir[64];

static int
set_up(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "%s", P_tmpdir "/ccgate-folder-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static char *
path_of(const char *name)
{
    return mem_format("%s/%s", dir, name);
}

static void
write_file(const char *name, const char *data, size_t size)
{
    char *path = path_of(name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    free(path);
}

static void
make_folder(const char *name)
{
    char *path = path_of(name);
    assert_int_equal(mkdir(path, 0700), 0);
    free(path);
}

/* Deletes what the tests make: files, and folders that are empty. */
static int
tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {
        "b.lua",        "a.lua", "a_spec.lua", "notes.txt",     ".hidden.lua",
        "lib/c.lua",    "lib",   "empty.lua",  "folder.lua",    "big.lua",
        "dangling.lua", "x.LUA", "lua",        "queue wait.lua"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = path_of(names[i]);
        remove(path);
        free(path);
    }
    return rmdir(dir);
}

static void
scripts_come_in_name_order(void **state)
{
    (void)state;
    struct script_folder folder;
    static const char *const others[] = {"a_spec.lua", "notes.txt", ".hidden.lua",
                                         "x.LUA", "lua"};
    write_file("b.lua", "return 2", 8);
    write_file("queue wait.lua", "", 0);
    write_file("a.lua", "return 1", 8);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        write_file(others[i], "x", 1);
    make_folder("lib");
    write_file("lib/c.lua", "x", 1);
    folder_read(&folder, dir);
    assert_null(folder.trouble);
    assert_int_equal(folder.count, 3);
    assert_string_equal(folder.files[0].name, "a");
    assert_string_equal(folder.files[0].source, "return 1");
    assert_int_equal(folder.files[0].size, 8);
    assert_string_equal(folder.files[1].name, "b");
    assert_string_equal(folder.files[2].name, "queue wait");
    assert_string_equal(folder.files[2].source, "");
    for (size_t i = 0; i < 3; i++)
        assert_null(folder.files[i].trouble);
    folder_fini(&folder);
    assert_int_equal(folder.count, 0);
}

/* Wherever they are, also specs: who names them wants them. */
static void
named_files_are_a_folder(void **state)
{
    (void)state;
    struct script_folder folder;
    char *paths[] = {path_of("b.lua"), path_of("lib/c.lua"), path_of("a_spec.lua")};
    write_file("b.lua", "return 2", 8);
    write_file("a_spec.lua", "", 0);
    folder_read_files(&folder, (const char *const *)paths, 3);
    assert_null(folder.trouble);
    assert_int_equal(folder.count, 3);
    assert_string_equal(folder.files[0].name, "a_spec");
    assert_string_equal(folder.files[1].source, "return 2");
    assert_string_equal(folder.files[2].name, "c");
    assert_string_equal(folder.files[2].trouble,
                        "cannot be read: No such file or directory");
    folder_fini(&folder);
    for (size_t i = 0; i < 3; i++)
        free(paths[i]);
}

/* NULs and sizes beyond any buffer arrive as they are. */
static void
files_are_read_whole(void **state)
{
    (void)state;
    enum { SIZE = 100001 };
    struct script_file file;
    char *data = mem_zero(SIZE), *path = path_of("big.lua");
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (char)(i % 251);
    write_file("big.lua", data, SIZE);
    folder_read_file(&file, path);
    assert_int_equal(file.size, SIZE);
    assert_memory_equal(file.source, data, SIZE);
    assert_int_equal(file.source[SIZE], '\0');
    script_file_fini(&file);
    free(path);
    free(data);
}

static void
what_cannot_be_read_says_why(void **state)
{
    (void)state;
    struct script_folder folder;
    char *dangling = path_of("dangling.lua");
    assert_int_equal(symlink("nowhere", dangling), 0);
    make_folder("folder.lua");
    write_file("a.lua", "x", 1);
    folder_read(&folder, dir);
    assert_int_equal(folder.count, 3);
    assert_string_equal(folder.files[1].name, "dangling");
    assert_string_equal(folder.files[1].trouble,
                        "cannot be read: No such file or directory");
    assert_null(folder.files[1].source);
    assert_string_equal(folder.files[2].trouble, "cannot be read: Is a directory");
    assert_null(folder.files[2].source);
    assert_non_null(folder.files[0].source);
    folder_fini(&folder);
    free(dangling);
}

static void
folders_that_are_not_there_say_so(void **state)
{
    (void)state;
    struct script_folder folder;
    char *path = path_of("lib");
    folder_read(&folder, path);
    assert_int_equal(folder.count, 0);
    assert_non_null(strstr(folder.trouble, path));
    assert_non_null(strstr(folder.trouble, "No such file or directory"));
    folder_fini(&folder);
    free(path);
}

static void
empty_folders_are_fine(void **state)
{
    (void)state;
    struct script_folder folder;
    folder_read(&folder, dir);
    assert_int_equal(folder.count, 0);
    assert_null(folder.trouble);
    folder_fini(&folder);
}

/* Messages name a file as somebody would type it who stands here. */
static void
paths_are_shown_from_here(void **state)
{
    (void)state;
    struct script_file file;
    char *path = path_of("a.lua"), *here = getcwd(NULL, 0);
    write_file("a.lua", "", 0);
    folder_read_file(&file, path);
    assert_string_equal(file.shown, path);
    script_file_fini(&file);
    assert_int_equal(chdir(dir), 0);
    folder_read_file(&file, path);
    assert_string_equal(file.shown, "a.lua");
    assert_string_equal(file.name, "a");
    script_file_fini(&file);
    folder_read_file(&file, "a.lua");
    assert_string_equal(file.shown, "a.lua");
    assert_string_equal(file.name, "a");
    script_file_fini(&file);
    assert_int_equal(chdir(here), 0);
    free(here);
    free(path);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        test(scripts_come_in_name_order),
        test(named_files_are_a_folder),
        test(files_are_read_whole),
        test(what_cannot_be_read_says_why),
        test(folders_that_are_not_there_say_so),
        test(empty_folders_are_fine),
        test(paths_are_shown_from_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

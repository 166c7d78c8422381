/* Which modules a script is given, and what it would be given anew. */
#include <errno.h>
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
#include "script/frame.h"
#include "script/message.h"

static char dir[64], *made[400];
static size_t made_count;

static int
set_up(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "%s", P_tmpdir "/ccgate-modules-XXXXXX");
    made_count = 0;
    return mkdtemp(dir) ? 0 : -1;
}

/* The last first: a folder is empty then. */
static int
tear_down(void **state)
{
    (void)state;
    while (made_count > 0) {
        remove(made[--made_count]);
        free(made[made_count]);
    }
    return rmdir(dir);
}

/* Kept, and removed at the end. */
static const char *
path_of(const char *name)
{
    assert_true(made_count < sizeof made / sizeof *made);
    return made[made_count++] = mem_format("%s/%s", dir, name);
}

static void
make_folders(const char *name)
{
    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
        char *folder = mem_copy(name, (size_t)(slash - name));
        assert_true(mkdir(path_of(folder), 0700) == 0 || errno == EEXIST);
        free(folder);
    }
}

static void
write_file(const char *name, const char *source)
{
    make_folders(name);
    FILE *file = fopen(path_of(name), "w");
    assert_non_null(file);
    assert_true(fputs(source, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static struct script_file
read_script(const char *source)
{
    struct script_file file;
    write_file("a.lua", source);
    folder_read_file(&file, made[made_count - 1]);
    return file;
}

/* "lib.x lib.y": what the script is given, in order. */
static void
assert_given(const struct script_file *file, const char *wanted)
{
    struct buf names = {0};
    for (size_t i = 0; i < file->module_count; i++)
        buf_format(&names, "%s%s", i ? " " : "", file->modules[i].name);
    assert_string_equal(names.data ? names.data : "", wanted);
    buf_fini(&names);
}

static void
what_is_named_is_given(void **state)
{
    (void)state;
    write_file("lib/x.lua", "return 1");
    write_file("lib/deep/y-2.lua", "return require 'lib.z'");
    write_file("lib/z.lua", "return require \"lib.deep.y-2\"");
    write_file("lib/other.lua", "return 4");
    struct script_file file = read_script("local x, y = require \"lib.x\",\n"
                                          "  pcall(require, 'lib.deep.y-2')\n"
                                          "-- lib.other, \"lib.\" .. \"other\"");
    assert_given(&file, "lib.x lib.deep.y-2 lib.z");
    assert_string_equal(file.modules[0].source, "return 1");
    assert_int_equal(file.modules[0].size, 8);
    assert_null(file.modules[0].trouble);
    assert_non_null(strstr(file.modules[1].shown, "/lib/deep/y-2.lua"));
    assert_string_equal(file.module_names, "lib.deep.y-2\nlib.other\nlib.x\nlib.z");
    assert_int_equal(script_file_size(&file), file.size + 8 + 2 * 23 + 5);
    script_file_fini(&file);
}

static void
what_is_no_module_is_not_given(void **state)
{
    (void)state;
    static const char *const others[] = {
        "b.lua",        "lib/x_spec.lua", "lib/.h.lua", "lib/a.b.lua",
        "lib/my x.lua", ".git/x.lua",     "lib/x.txt",  "lib/dir.lua/x.lua"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        write_file(others[i], "");
    struct script_file file =
        read_script("'b' 'lib.x_spec' 'lib..h' 'lib.a.b' 'lib.my x' '.git.x' 'lib.x' "
                    "'lib.dir.lua.x' 'lib.dir' 'lib' 'lib.' '..' '.' '../lib.x' "
                    "'lib.nothing' \"lib.x' 'unclosed");
    assert_given(&file, "");
    assert_string_equal(file.module_names, "");
    script_file_fini(&file);
}

static void
links_are_refused(void **state)
{
    (void)state;
    write_file("lib/x.lua", "return 1");
    assert_int_equal(symlink("x.lua", path_of("lib/link.lua")), 0);
    assert_int_equal(symlink("/", path_of("root")), 0);
    assert_int_equal(symlink("nowhere", path_of("lib/dangling.lua")), 0);
    assert_int_equal(symlink("lib/x.lua", path_of("script.lua")), 0);
    struct script_file file =
        read_script("'lib.link' 'root.etc.x' 'lib.dangling' 'lib.x' 'script.x'");
    assert_given(&file, "lib.link root.etc.x lib.dangling lib.x");
    for (size_t i = 0; i < 3; i++) {
        assert_null(file.modules[i].source);
        assert_int_equal(file.modules[i].size, 0);
        assert_non_null(strstr(file.modules[i].trouble, "is a symbolic link"));
    }
    assert_non_null(strstr(file.modules[1].shown, "/root"));
    assert_string_equal(file.module_names, "lib.x");
    script_file_fini(&file);
}

/* Root may read all; then there is nothing to see. */
static void
what_cannot_be_read_says_why(void **state)
{
    (void)state;
    write_file("lib/x.lua", "return 1");
    assert_int_equal(chmod(made[made_count - 1], 0), 0);
    struct script_file file = read_script("'lib.x'");
    assert_given(&file, "lib.x");
    if (geteuid() != 0)
        assert_string_equal(file.modules[0].trouble,
                            "cannot be read: Permission denied");
    script_file_fini(&file);
}

static void
there_is_a_most(void **state)
{
    (void)state;
    struct buf source = {0};
    for (int i = 0; i < 130; i++) {
        char *name = mem_format("lib/m%d.lua", i);
        write_file(name, "");
        buf_format(&source, "'lib.m%d' ", i);
        free(name);
    }
    for (int i = 0; i < MESSAGE_MODULES_MAX; i++)
        buf_format(&source, "'lib.m%d' ", i);
    struct script_file file = read_script(source.data);
    assert_int_equal(file.module_count, 130); /* each once */
    buf_fini(&source);
    script_file_fini(&file);
}

static void
what_is_the_same_is_told(void **state)
{
    (void)state;
    write_file("lib/x.lua", "return 1");
    write_file("lib/y.lua", "return 1");
    struct script_file before = read_script("'lib.x' 'lib.z'");
    struct script_file file = read_script("'lib.x' 'lib.z'");
    assert_true(script_file_is_same(&before, &file));
    script_file_fini(&file);
    write_file("lib/y.lua", "return 2"); /* nobody names it */
    file = read_script("'lib.x' 'lib.z'");
    assert_true(script_file_is_same(&before, &file));
    script_file_fini(&file);
    write_file("lib/z.lua", "");
    file = read_script("'lib.x' 'lib.z'");
    assert_false(script_file_is_same(&before, &file));
    script_file_fini(&file);
    assert_int_equal(remove(made[made_count - 2]), 0); /* lib/z.lua */
    write_file("lib/x.lua", "return 2");
    file = read_script("'lib.x' 'lib.z'");
    assert_false(script_file_is_same(&before, &file));
    script_file_fini(&file);
    script_file_fini(&before);
}

static void
spots_have_places(void **state)
{
    (void)state;
    uint32_t line;
    write_file("lib/x.lua", "return 1");
    struct script_file file = read_script("'lib.x'");
    assert_ptr_equal(script_file_place(&file, 7, &line), file.shown);
    assert_int_equal(line, 7);
    assert_ptr_equal(script_file_place(&file, SPOT_LINES + 3, &line),
                     file.modules[0].shown);
    assert_int_equal(line, 3);
    assert_ptr_equal(script_file_place(&file, 2 * SPOT_LINES + 3, &line), file.shown);
    assert_int_equal(line, 0);
    script_file_fini(&file);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        test(what_is_named_is_given), test(what_is_no_module_is_not_given),
        test(links_are_refused),      test(what_cannot_be_read_says_why),
        test(there_is_a_most),        test(what_is_the_same_is_told),
        test(spots_have_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

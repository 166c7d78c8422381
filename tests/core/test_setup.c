/* What a script may know of the configuration, byte for byte: nothing else, and no
 * secret. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "script/setup.h"

#define TEXT(literal) ((char *)(uintptr_t)(literal))

static const char *const tags[] = {"voice", "vip \"1\""};

static struct conf_queue queues[] = {
    {.id = 7,
     .name = TEXT("Sales\n"),
     .tags = (char **)(uintptr_t)tags,
     .tag_count = 2},
    {.id = 8, .name = TEXT("support")},
};

static struct conf_center centers[] = {
    {.name = TEXT("main"),
     .url = TEXT("https://secret-host:28080"),
     .access_key = TEXT("secret-access"),
     .secret_key = TEXT("secret-key"),
     .ca_file = TEXT("/secret/ca.pem"),
     .agent_gateway = TEXT("https://secret-host:8043"),
     .edition = 2023,
     .is_default = true,
     .queues = queues,
     .queue_count = 2},
    {.name = TEXT("second"), .zone = TEXT("Asia/Shanghai"), .edition = 2025},
};

static struct conf_destination destinations[] = {
    {.name = TEXT("floor-chat"),
     .kind = TEXT("webhook"),
     .url = TEXT("https://secret-url"),
     .secret = TEXT("whsec_secret")},
    {.name = TEXT("book"), .kind = TEXT("log")},
};

static struct conf_exception exceptions[] = {
    {TEXT("2026-12-24"), TEXT("22:00-23:00")},
};

static struct conf_calendar calendars[] = {
    {.name = TEXT("office"), .days = TEXT("mon-fri")},
    {.name = TEXT("night"),
     .zone = TEXT("Europe/Berlin"),
     .days = TEXT("mon-sun"),
     .hours = TEXT("22:00-06:00"),
     .holidays = TEXT("2026-12-25"),
     .exceptions = exceptions,
     .exception_count = 1},
};

static struct conf_contact contact = {TEXT("slack"), TEXT("U0SECRET")};

static struct conf_person people[] = {
    {.name = TEXT("ayse"), .contacts = &contact, .contact_count = 1},
    {.name = TEXT("m\"k")},
};

static char *notify[] = {TEXT("floor-chat")};
static struct conf_secret secrets[] = {
    {.name = TEXT("crm"), .value = TEXT("SECRET"), .to = TEXT("https://a.example")},
    {.name = TEXT("mail"), .value = TEXT("SECRET"), .to = TEXT("https://b.example")},
};

static char *severities[] = {TEXT("warning"), TEXT("critical")};

static const struct conf conf = {
    .name = TEXT("ccgate"),
    .zone = TEXT("Europe/Istanbul"),
    .calendars = calendars,
    .calendar_count = 2,
    .centers = centers,
    .center_count = 2,
    .destinations = destinations,
    .destination_count = 2,
    .people = people,
    .person_count = 2,
    .notify = notify,
    .notify_count = 1,
    .severities = severities,
    .severity_count = 2,
    .secrets = secrets,
    .secret_count = 2,
};

static void
names_and_no_secrets(void **state)
{
    (void)state;
    struct buf out = {0};
    setup_write(&conf, "scripts/a \"b\".lua", &out);
    assert_string_equal(
        out.data,
        "{\"file\":\"scripts/a \\\"b\\\".lua\",\"gateway\":\"ccgate\",\"zone\":\"Europe/Istanbul\",\"centers\":["
        "{\"name\":\"main\",\"zone\":\"Europe/Istanbul\",\"default\":true,\"edition\":2023,\"agent_gateway\":true,"
        "\"queues\":["
        "{\"id\":7,\"name\":\"Sales\\n\",\"tags\":[\"voice\",\"vip \\\"1\\\"\"]},"
        "{\"id\":8,\"name\":\"support\",\"tags\":[]}]},"
        "{\"name\":\"second\",\"zone\":\"Asia/Shanghai\",\"default\":false,\"edition\":2025,\"agent_gateway\":false,"
        "\"queues\":[]}],"
        "\"destinations\":[{\"name\":\"floor-chat\",\"kind\":\"webhook\"},"
        "{\"name\":\"book\",\"kind\":\"log\"}],\"people\":[\"ayse\",\"m\\\"k\"],\"secrets\":[\"crm\",\"mail\"],\"notify\":[\"floor-chat\"],"
        "\"severities\":[\"warning\",\"critical\"],\"calendars\":["
        "{\"name\":\"office\",\"zone\":\"Europe/Istanbul\",\"text\":\"days=mon-fri\\n\"},"
        "{\"name\":\"night\",\"zone\":\"Europe/Berlin\",\"text\":\"days=mon-sun\\n"
        "hours=22:00-06:00\\nholidays=2026-12-25\\nexcept.2026-12-24=22:00-23:00\\n\"}]}");
    assert_null(strstr(out.data, "SECRET"));
    buf_fini(&out);
}

static void
an_empty_configuration_is_fine(void **state)
{
    (void)state;
    const struct conf bare = {.name = TEXT("x"), .zone = TEXT("UTC")};
    struct buf out = {0};
    setup_write(&bare, "a.lua", &out);
    assert_string_equal(out.data,
                        "{\"file\":\"a.lua\",\"gateway\":\"x\",\"zone\":\"UTC\","
                        "\"centers\":[],\"destinations\":[],\"people\":[],"
                        "\"secrets\":[],\"notify\":[],\"calendars\":[]}");
    buf_fini(&out);
}

static void
all_destinations_of_what_is_played(void **state)
{
    (void)state;
    const struct conf open = {.name = TEXT("x"), .zone = TEXT("UTC"), .is_open = true};
    struct buf out = {0};
    setup_write(&open, "a.lua", &out);
    assert_non_null(strstr(out.data, "\"destinations\":[],\"open\":true,\"people\""));
    buf_fini(&out);
}

/* Every limit shows: a script that depends on one is loaded anew when it changes. */
static void
each_limit_makes_a_difference(void **state)
{
    (void)state;
    struct conf_limits limits[11];
    struct buf outs[11] = {0};
    for (size_t i = 0; i < 11; i++)
        limits[i] = (struct conf_limits){.cpu_ms = 1,
                                         .cpu_load_ms = 2,
                                         .memory_bytes = 3,
                                         .source_bytes = 4,
                                         .tasks = 5,
                                         .wants = 6,
                                         .sends_per_s = 7.5,
                                         .alerts = 8,
                                         .store_bytes = 9,
                                         .logs_per_s = 9.25};
    limits[1].cpu_ms++;
    limits[2].cpu_load_ms++;
    limits[3].memory_bytes++;
    limits[4].source_bytes++;
    limits[5].tasks++;
    limits[6].wants++;
    limits[7].sends_per_s += 0.5;
    limits[8].alerts++;
    limits[9].logs_per_s += 0.5;
    limits[10].store_bytes++;
    for (size_t i = 0; i < 11; i++) {
        setup_add_limits(&limits[i], &outs[i]);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(outs[i].data, outs[j].data);
    }
    for (size_t i = 0; i < 11; i++)
        buf_fini(&outs[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_no_secrets),
        cmocka_unit_test(an_empty_configuration_is_fine),
        cmocka_unit_test(all_destinations_of_what_is_played),
        cmocka_unit_test(each_limit_makes_a_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

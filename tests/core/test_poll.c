/* One poll against the simulated contact centre, which is strict about signatures and
 * requests: what comes back, and what each failure is called. */
#include "polling.h"

#include "sim/centre.h"

#define BODY "{\"queryParam\":{\"ccId\":1,\"vdn\":1,\"skillIds\":[1,2]}}"

/* The other side, and what the last poll ended with. */
struct stage {
    struct polling *polling;
    struct centre *centre;
    struct conf_center center;
    size_t ends;
    struct error error;
    long status;
    int64_t retry_after_ms, duration_us;
    size_t row_count, body_size;
    int64_t ids[8], signed_in[8];
    char body[256]; /* its beginning */
};

static struct stage *stage;

static void
on_request(void *arg, struct server_request *request)
{
    (void)arg;
    server_add_header(request, "Retry-After", "7");
    centre_handle(stage->centre, request);
}

/* A centre that accepts these forms of a signature alone; 0: all. */
static void
open_centre(unsigned forms)
{
    const struct centre_options options = {
        .signature = {.access_key = "ak", .secret_key = "sk", .forms = forms},
        .skills = 3,
        .seed = 1,
        .speed = 1,
        .period_ms = 60000,
        .start_ms = clock_wall_ms(),
    };
    stage->centre = centre_new(stage->polling->loop, &options);
}

static int
set_up(void **state)
{
    (void)state;
    stage = mem_zero(sizeof *stage);
    stage->polling = polling_open();
    server_delete(stage->polling->server);
    polling_listen(stage->polling, on_request, NULL);
    stage->center = polling_center(stage->polling, "main", 1);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    centre_delete(stage->centre);
    polling_close(stage->polling);
    free(stage);
    return 0;
}

static void
on_done(void *arg, const struct poll_answer *answer)
{
    assert_ptr_equal(arg, stage);
    stage->ends++;
    stage->error = answer->error;
    stage->status = answer->status;
    stage->retry_after_ms = answer->retry_after_ms;
    stage->duration_us = answer->duration_us;
    stage->body_size = answer->body_size;
    snprintf(stage->body, sizeof stage->body, "%s", answer->body);
    stage->row_count = answer->rows->row_count;
    for (size_t i = 0; i < stage->row_count && i < 8; i++) {
        const int64_t *row = block_row(answer->rows, i);
        stage->ids[i] = row[1];
        stage->signed_in[i] = row[1 + query_field(&query_queues, "agents_signed_in")];
    }
}

static struct poll *
start(const char *body)
{
    struct poll_line line;
    poll_line_init(&line, &stage->center, &query_queues);
    struct poll *poll =
        poll_start(stage->polling->pool, &line, body, strlen(body), on_done, stage);
    poll_line_fini(&line); /* copied */
    return poll;
}

/* A whole poll. */
static void
poll_now(const char *body)
{
    size_t before = stage->ends;
    start(body);
    polling_wait(stage->polling, &stage->ends, before + 1);
}

/* ---- */

static void
rows_come_back(void **state)
{
    (void)state;
    open_centre(0);
    poll_now(BODY);
    assert_int_equal(stage->error.kind, ERROR_NONE);
    assert_int_equal(stage->status, 200);
    assert_int_equal(stage->row_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(stage->ids[i], i + 1);
        assert_true(stage->signed_in[i] > 0);
    }
    assert_true(stage->duration_us > 0);
    assert_true(stage->body_size > 500);
    assert_int_equal(stage->body[0], '{');
    assert_int_equal(centre_refused(stage->centre), 0);
}

/* Each combination that the documents leave open, against a centre that accepts it
 * alone. */
static void
signatures_take_the_form_configured(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        stage->center.sign_host_only = i & 1;
        stage->center.timestamp_millis = i & 2;
        stage->center.empty_query_line = i & 4;
        open_centre((i & 1 ? FORM_HOST_ONLY : FORM_ALL_HEADERS) |
                    (i & 2 ? FORM_MILLIS : FORM_SECONDS) |
                    (i & 4 ? FORM_EMPTY_LINE : FORM_NO_LINE));
        poll_now(BODY);
        assert_int_equal(stage->error.kind, ERROR_NONE);
        stage->center.empty_query_line = !stage->center.empty_query_line;
        poll_now(BODY);
        assert_int_equal(stage->error.kind, ERROR_AUTH);
        centre_delete(stage->centre);
    }
    open_centre(0);
}

static void
wrong_keys_are_refused(void **state)
{
    (void)state;
    static char wrong[] = "wrong";
    open_centre(0);
    stage->center.secret_key = wrong;
    poll_now(BODY);
    assert_int_equal(stage->error.kind, ERROR_AUTH);
    assert_string_equal(stage->error.code, "401");
    assert_int_equal(stage->row_count, 0);
    stage->center = polling_center(stage->polling, "main", 1);
    stage->center.access_key = wrong;
    poll_now(BODY);
    assert_int_equal(stage->error.kind, ERROR_AUTH);
}

static void
failures_have_their_kind(void **state)
{
    (void)state;
    static const struct {
        const char *fault;
        enum error_kind kind;
        const char *code;
        long status;
    } cases[] = {
        {"status=401", ERROR_AUTH, "401", 401},
        {"status=403", ERROR_AUTH, "403", 403},
        {"status=404", ERROR_HTTP, "404", 404},
        {"status=418", ERROR_HTTP, "418", 418},
        {"status=429", ERROR_HTTP, "429", 429},
        {"status=502", ERROR_HTTP, "502", 502},
        {"status=503", ERROR_HTTP, "503", 503},
        {"api=0100002", ERROR_API, "0100002", 200},
        {"html", ERROR_DECODE, "", 200},
        {"truncate", ERROR_NETWORK, "18", 0},
        {"reset", ERROR_NETWORK, NULL, 0},
        {"slow=5s", ERROR_TIMEOUT, "28", 0},
    };
    open_centre(0);
    poll_now(BODY); /* with the handshake done, 300 ms are time enough */
    stage->center.timeout_ms = 300;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf problem = {0};
        faults_clear(centre_faults(stage->centre));
        assert_true(faults_add(centre_faults(stage->centre), cases[i].fault, &problem));
        poll_now(BODY);
        assert_int_equal(stage->error.kind, cases[i].kind);
        if (cases[i].code)
            assert_string_equal(stage->error.code, cases[i].code);
        assert_true(stage->error.message[0]);
        assert_int_equal(stage->status, cases[i].status);
        assert_int_equal(stage->retry_after_ms, cases[i].status ? 7000 : -1);
        assert_int_equal(stage->row_count, 0);
    }
    faults_clear(centre_faults(stage->centre));
    poll_now(BODY);
    assert_int_equal(stage->error.kind, ERROR_NONE);
}

/* What the centre itself refuses is its error, in its words. */
static void
the_center_says_what_is_wrong(void **state)
{
    (void)state;
    open_centre(0);
    poll_now("{\"queryParam\":{\"ccId\":1,\"vdn\":1,\"skillIds\":[99999]}}");
    assert_int_equal(stage->error.kind, ERROR_API);
    assert_int_equal(stage->status, 200);
    assert_non_null(strstr(stage->body, stage->error.code));
}

static void
unreachable_centers_are_troubles_of_the_network(void **state)
{
    (void)state;
    static char nowhere[] = "https://127.0.0.1:1";
    open_centre(0);
    stage->center.url = nowhere;
    poll_now(BODY);
    assert_int_equal(stage->error.kind, ERROR_NETWORK);
    assert_int_equal(stage->status, 0);
    assert_string_equal(stage->body, "");
}

/* The Host header as curl sends it is the one that is signed. */
static void
hosts_are_signed_as_they_are_sent(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host;
    } cases[] = {
        {"https://centre.example:28080", "centre.example:28080"},
        {"https://centre.example:443", "centre.example"},
        {"https://centre.example", "centre.example"},
        {"https://centre.example:80", "centre.example:80"},
        {"http://centre.example:80", "centre.example"},
        {"https://centre.example:1443", "centre.example:1443"},
    };
    open_centre(0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct poll_line line;
        stage->center.url = (char *)(uintptr_t)cases[i].url;
        poll_line_init(&line, &stage->center, &query_queues);
        assert_string_equal(line.host, cases[i].host);
        poll_line_fini(&line);
    }
}

static void
unknown_certificates_are_refused(void **state)
{
    (void)state;
    open_centre(0);
    stage->center.ca_file = NULL; /* the system's authorities do not know it */
    poll_now(BODY);
    assert_int_equal(stage->error.kind, ERROR_TLS);
    assert_int_equal(centre_requests(stage->centre), 0);
}

static void
cancelled_polls_do_not_call(void **state)
{
    (void)state;
    open_centre(0);
    poll_cancel(start(BODY)); /* before it left */
    struct poll *poll = start(BODY);
    polling_run_for(stage->polling, 1);
    poll_cancel(poll);
    poll_now(BODY);
    assert_int_equal(stage->ends, 1);
}

/* For people who look for the mistake in a signature. */
static void
signatures_can_be_shown(void **state)
{
    (void)state;
    struct buf out = {0};
    struct poll_line line;
    char url[] = "https://10.22.26.181:28080";
    open_centre(0);
    stage->center.url = url;
    poll_line_init(&line, &stage->center, &query_queues);
    poll_show_signature(&line, "{}", 2, 1722556800000, &out);
    static const char wanted[] =
        "canonical request:\n"
        "POST\n"
        "/rest/cmsapp/v1/openapi/skill/stateinfo\n"
        "content-length;content-type;host\n"
        "content-length:2\n"
        "content-type:application%2Fjson%3B%20charset%3DUTF-8\n"
        "host:10.22.26.181%3A28080\n"
        "%7B%7D\n"
        "\n"
        "Authorization: auth-v2/ak/2024-08-02T00:00:00Z/"
        "content-length;content-type;host/";
    assert_true(out.size == sizeof wanted - 1 + 64 + 1);
    assert_memory_equal(out.data, wanted, sizeof wanted - 1);
    assert_int_equal(strspn(out.data + sizeof wanted - 1, "0123456789abcdef"), 64);
    assert_null(strstr(out.data, "sk\n"));
    poll_line_fini(&line);
    buf_fini(&out);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        test(rows_come_back),
        test(signatures_take_the_form_configured),
        test(wrong_keys_are_refused),
        test(failures_have_their_kind),
        test(the_center_says_what_is_wrong),
        test(unreachable_centers_are_troubles_of_the_network),
        test(hosts_are_signed_as_they_are_sent),
        test(unknown_certificates_are_refused),
        test(cancelled_polls_do_not_call),
        test(signatures_can_be_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

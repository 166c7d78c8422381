#include "script/limit.h"

#include "base/text.h"

static void
tell_cpu(const char *what, int64_t ms, const char *script, struct buf *out)
{
    char now[32], more[32];
    text_format_duration(ms, now, sizeof now);
    text_format_duration(2 * ms, more, sizeof more);
    buf_format(out,
               "%s may take %s of processor time: cpu = %s in [script %s] allows more",
               what, now, more, script);
}

void
limit_tell(enum limit limit, const struct conf_limits *limits, const char *script,
           struct buf *out)
{
    long long megabytes = (limits->memory_bytes + (1 << 20) - 1) >> 20;
    if (limit == LIMIT_MEMORY)
        buf_format(out,
                   "it may use %lld MB: memory = %lldMB in [script %s] allows more",
                   megabytes, 2 * megabytes, script);
    else if (limit == LIMIT_CPU)
        tell_cpu("one activation", limits->cpu_ms, script, out);
    else
        tell_cpu("loading (1s, or cpu when that is more)", limits->cpu_load_ms, script,
                 out);
}

#include "command/query_when.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "model/span.h"

struct asking {
    const struct command *command;
    const struct when *when;
    struct query_span *span;
};

static int
misnamed_type(const struct asking *asking)
{
    const char *word = asking->when->type;
    size_t count = 0;
    while (codes_operation[count].word)
        count++;
    const char **words = mem_zero((count + 1) * sizeof *words);
    for (size_t i = 0; i < count; i++)
        words[i] = codes_operation[i].word;
    const char *guess = text_nearest(word, words);
    free(words);
    return command_misused(asking->command, "--type: no operation '%s'%s%s%s", word,
                           guess ? " (did you mean '" : "", guess ? guess : "",
                           guess ? "'?)" : "");
}

static int
read_type(const struct asking *asking)
{
    const char *word = asking->when->type;
    asking->span->type = OPERATION_ANY;
    if (!word || (text_integer(word, &asking->span->type) && asking->span->type >= 0))
        return EXIT_FINE;
    for (const struct code *code = codes_operation; code->word; code++) {
        asking->span->type = code->code;
        if (strcmp(code->word, word) == 0)
            return EXIT_FINE;
    }
    return misnamed_type(asking);
}

static int
read_last(const struct asking *asking, int64_t now)
{
    const char *last = asking->when->last;
    int64_t ms;
    if (!text_duration(last, &ms))
        return command_misused(asking->command,
                               "--last: '%s' is no duration such as 1h30m", last);
    const char *problem = ms % 1000 ? "is not a whole number of quarters of an hour"
                                    : span_last(asking->span, ms / 1000, now);
    return problem ? command_misused(asking->command, "--last %s %s", last, problem)
                   : EXIT_FINE;
}

static int
read_today(const struct asking *asking, int64_t now)
{
    if (strcmp(asking->when->since, "today") != 0)
        return command_misused(asking->command, "--since: '%s' is not 'today'",
                               asking->when->since);
    const char *problem = span_today(asking->span, now);
    return problem ? command_misused(asking->command, "--since today: %s", problem)
                   : EXIT_FINE;
}

static int
read_between(const struct asking *asking, int64_t now)
{
    const struct when *when = asking->when;
    int64_t begin, end;
    bool is_from = text_time(when->from, strlen(when->from), &begin);
    if (!is_from || !text_time(when->to, strlen(when->to), &end))
        return command_misused(
            asking->command, "--%s: '%s' is no time such as 2024-08-02T06:15 (UTC)",
            is_from ? "to" : "from", is_from ? when->to : when->from);
    const char *problem = span_between(asking->span, begin, end, now);
    if (problem)
        return command_misused(asking->command, "--from %s --to %s %s", when->from,
                               when->to, problem);
    char time[32];
    if (asking->span->begin > begin)
        fprintf(stderr, "from %s on: the centre keeps 24 hours\n",
                text_format_time(asking->span->begin * 1000, false, time, sizeof time));
    return EXIT_FINE;
}

int
query_read_when(const struct command *command, const struct query *query,
                const struct when *when, int64_t now, struct query_span *span)
{
    const struct asking asking = {command, when, span};
    int count = (when->last != NULL) + (when->since != NULL) + (when->from || when->to);
    if (!query->has_span)
        return count || when->type
                   ? command_misused(command,
                                     "times and --type are for agent-operations")
                   : EXIT_FINE;
    if (count != 1 || !when->from != !when->to)
        return command_misused(
            command, "say which time: --last 1h, --since today, or --from T --to T");
    int code = when->last    ? read_last(&asking, now)
               : when->since ? read_today(&asking, now)
                             : read_between(&asking, now);
    return code == EXIT_FINE ? read_type(&asking) : code;
}

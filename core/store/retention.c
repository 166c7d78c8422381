#include "store/retention.h"

#define DAYS(count) ((int64_t)(count)*24 * 3600 * 1000)

/* Without the first line, rows of no index would be walked for nothing. */
#define OF_GONE                                                                        \
    " WHERE EXISTS (SELECT 1 FROM gone WHERE since_ms < ?1)"                           \
    " AND script IN (SELECT script FROM gone WHERE since_ms < ?1) LIMIT ?2)"

const struct retention retentions[RETAINED_KINDS] = {
    [RETAINED_MESSAGES] =
        {"messages", DAYS(7),
         "delivered or superseded, with their attempts, since they were made: so long a "
         "`key` is remembered, and one may ask what became of a message",
         "DELETE FROM outbox WHERE position IN (SELECT position FROM outbox"
         " WHERE state IN ('done', 'superseded') AND created_ms < ?1"
         " ORDER BY created_ms, position LIMIT ?2)"},
    [RETAINED_SLOTS] =
        {"slots", DAYS(7),
         "how far the history of an id was read, since the end of what was read: a "
         "centre has the last day",
         "DELETE FROM slot WHERE (center, query, argument) IN"
         " (SELECT center, query, argument FROM slot WHERE until < ?1 / 1000 LIMIT ?2)"},
    [RETAINED_SILENCES] = {"silences", DAYS(7),
                           "since their end: so long they are listed",
                           "DELETE FROM silence WHERE id IN"
                           " (SELECT id FROM silence WHERE until_ms < ?1 LIMIT ?2)"
                           " RETURNING id, '', '', '', until_ms"},
    [RETAINED_HANDLERS] =
        {"runs of handlers", DAYS(7),
         "that are due and nobody could begin, since they were: what a rule would do "
         "then is no help any more",
         "DELETE FROM handler WHERE position IN"
         " (SELECT position FROM handler WHERE created_ms < ?1 LIMIT ?2)"
         " RETURNING id, '', '', '', created_ms"},
    [RETAINED_ALERTS] =
        {"alerts", DAYS(35),
         "cleared, and without a message that is still to be sent, since they cleared: "
         "so long gw.raises counts them",
         "DELETE FROM alert WHERE fingerprint IN (SELECT fingerprint FROM alert"
         " WHERE raised = 0 AND ended_ms < ?1 AND NOT EXISTS"
         " (SELECT 1 FROM outbox WHERE order_key = alert.fingerprint"
         " AND state IN ('ready', 'in_flight')) ORDER BY ended_ms LIMIT ?2)"
         " RETURNING fingerprint, '', '', '', opening"},
    [RETAINED_MEMOS] =
        {"memos", DAYS(35),
         "since they were written, when their alert is forgotten: a ticket is found as "
         "long as its alert",
         "DELETE FROM memo WHERE (destination, fingerprint) IN"
         " (SELECT destination, fingerprint FROM memo WHERE written_ms < ?1"
         " AND NOT EXISTS (SELECT 1 FROM alert"
         " WHERE alert.fingerprint = memo.fingerprint) LIMIT ?2)"
         " RETURNING destination, fingerprint, alert, '', written_ms"},
    [RETAINED_KEPT] =
        {"kept values", DAYS(35), "of a script, since it was missed",
         "DELETE FROM kept WHERE (script, key) IN (SELECT script, key FROM kept" OF_GONE
         " RETURNING script, key, '', '', written_ms"},
    [RETAINED_RUNS] =
        {"runs of jobs", DAYS(35), "of a script, since it was missed",
         "DELETE FROM run WHERE (script, job) IN (SELECT script, job FROM run" OF_GONE},
    [RETAINED_KEY_STATES] = {"states of keys", DAYS(35),
                             "of a script, since it was missed",
                             "DELETE FROM key_state WHERE (rule, center, key) IN"
                             " (SELECT rule, center, key FROM key_state" OF_GONE
                             " RETURNING rule, center, key, script, 0"},
    [RETAINED_GONE] = {"missed scripts", DAYS(35), "since they were missed",
                       "DELETE FROM gone WHERE script IN"
                       " (SELECT script FROM gone WHERE since_ms < ?1 LIMIT ?2)"},
};

/* The ids of messages (lifecycle.md §4): equal inputs make equal ids, so that what is
 * repeated after a restart is the same message. Core and script host make them alike.
 */
#ifndef CCGATE_BASE_MESSAGE_ID_H
#define CCGATE_BASE_MESSAGE_ID_H

#include <stdint.h>

/* "msg_" and base62 of SHA-256(instance | origin | destination | ordinal), each
 * followed by a NUL; free it. */
char *message_id_new(const char *instance, const char *origin, const char *destination,
                     uint64_t ordinal);

/* That of a script's own message. With a key, which may be NULL or "", origin and
 * ordinal do not matter: one message in all. */
char *message_id_of_send(const char *instance, const char *origin,
                         const char *destination, uint32_t ordinal, const char *key);

/* The origin of what a task sends: its run and its path in it ("" for the run itself);
 * free it. */
char *message_id_origin(const char *run, const char *path);

/* The run of a job that was due then; free it. */
char *message_id_job(const char *script, const char *job, int64_t scheduled_ms);

#endif

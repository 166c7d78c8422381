/* A transaction as it travels from the loop to the storage thread; private to store. */
#ifndef CCGATE_STORE_TXN_H
#define CCGATE_STORE_TXN_H

#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

enum change_kind {
    CHANGE_ALERT,
    CHANGE_ADD,
    CHANGE_MARK,
    CHANGE_ATTEMPT,
    CHANGE_SLOT,
    CHANGE_SILENCE,
    CHANGE_KEY_STATE,
    CHANGE_KEPT,
    CHANGE_RUN,
    CHANGE_HANDLER,
    CHANGE_HANDLED,
    CHANGE_MEMO,
    CHANGE_SWEEP,
    CHANGE_ROLL,
    CHANGE_SHIFT,
};

struct change_mark {
    char *id;
    enum outbox_state state;
    int64_t next_ms;
    int64_t attempts;
    char *body; /* NULL: stays as it is */
};

struct change_attempt {
    char *message_id;
    int64_t number;
    int64_t at_ms;
    long status;
    int curl_code;
    char *answer;
};

struct change_roll {
    char *scripts; /* JSON: those that are not missed */
    int64_t now_ms;
};

struct store_change {
    enum change_kind kind;
    union {
        struct alert_record alert;
        struct outbox_record added; /* position: 0 until on disk, and if it existed */
        struct change_mark mark;
        struct change_attempt attempt;
        struct slot_record slot;
        struct silence_record silence;
        struct key_state_record key_state;
        struct kept_record kept;
        struct run_record run;
        struct handler_record handler; /* of CHANGE_HANDLED: the id alone */
        struct memo_record memo;
        struct sweep sweep;
        struct change_roll roll;
        int64_t shift_ms;
    };
};

/* What a sweep has found, for another try. */
void sweep_forget(struct sweep *sweep);

struct txn {
    struct store_change *changes;
    size_t count, room;
};

#endif

/* What the world did to us: one small value for every failure that is not a bug. */
#ifndef CCGATE_BASE_ERROR_H
#define CCGATE_BASE_ERROR_H

enum error_kind {
    ERROR_NONE,
    ERROR_NETWORK,   /* could not connect, reset, closed early */
    ERROR_TIMEOUT,   /* no complete answer in time */
    ERROR_TLS,       /* certificate or handshake */
    ERROR_HTTP,      /* an HTTP status other than success; code is the status */
    ERROR_API,       /* the contact centre's own failure; code is its resultCode */
    ERROR_DECODE,    /* an answer that does not follow its description */
    ERROR_AUTH,      /* 401 or 403: our key was refused */
    ERROR_CANCELLED, /* given up by us */
    ERROR_LIMIT,     /* a limit of the gateway: size, rate, open circuit */
    ERROR_KINDS,
};

struct error {
    enum error_kind kind;
    char code[32];     /* HTTP status, resultCode, curl code; "" when there is none */
    char message[256]; /* one sentence, no newline */
};

/* The word scripts and logs use: "network", "timeout", … ; "none" for ERROR_NONE. */
const char *error_word(enum error_kind kind);

/* The kind of a word, ERROR_NONE for an unknown one. */
enum error_kind error_kind_of(const char *word);

/* Fills `error` (NULL is allowed and ignored). */
void error_set(struct error *error, enum error_kind kind, const char *code,
               const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif

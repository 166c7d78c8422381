#include "net/server_tls.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "net/sign.h"

enum { DAY_S = 24 * 3600, VALID_DAYS = 3650 };

/* ---- certificates ---- */

struct extension {
    int nid;
    const char *value;
};

static const struct extension authority_extensions[] = {
    {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
    {NID_key_usage, "critical,keyCertSign,cRLSign"},
    {NID_subject_key_identifier, "hash"},
    {0, NULL},
};

#define SERVER_EXTENSIONS(names)                                                       \
    {NID_basic_constraints, "critical,CA:FALSE"},                                      \
        {NID_key_usage, "critical,digitalSignature"},                                  \
        {NID_ext_key_usage, "serverAuth"}, {NID_subject_alt_name, names},              \
        {NID_authority_key_identifier, "keyid"}, {0, NULL},

static const struct extension server_extensions[] = {
    SERVER_EXTENSIONS("DNS:localhost,IP:127.0.0.1,IP:::1")};

static const struct extension stranger_extensions[] = {
    SERVER_EXTENSIONS("DNS:elsewhere.invalid")};

static void
add_extensions(X509 *certificate, X509 *issuer, const struct extension *extension)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    for (; extension->value; extension++) {
        X509_EXTENSION *made =
            X509V3_EXT_conf_nid(NULL, &context, extension->nid, extension->value);
        if (!made || !X509_add_ext(certificate, made, -1))
            mem_give_up("OpenSSL", extension->value);
        X509_EXTENSION_free(made);
    }
}

/* Two authorities with one name and one serial number would be confused by clients that
 * keep the old one. */
static void
set_serial(X509 *certificate)
{
    uint64_t number;
    sign_random(&number, sizeof number);
    if (!ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), number >> 1))
        mem_give_up("OpenSSL", "serial number");
}

/* Signs itself when `issuer` is NULL. */
static X509 *
make_certificate(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key,
                 int64_t days, const struct extension *extensions)
{
    X509 *certificate = X509_new();
    if (!certificate || !X509_set_version(certificate, X509_VERSION_3))
        mem_give_up("OpenSSL", "certificate");
    set_serial(certificate);
    X509_NAME *subject = X509_get_subject_name(certificate);
    int64_t now_s = clock_real_wall_ms() / 1000;
    if (!X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                    (const unsigned char *)name, -1, -1, 0) ||
        !X509_set_issuer_name(certificate,
                              issuer ? X509_get_subject_name(issuer) : subject) ||
        !ASN1_TIME_set(X509_getm_notBefore(certificate), now_s - 2 * DAY_S) ||
        !ASN1_TIME_set(X509_getm_notAfter(certificate), now_s + days * DAY_S) ||
        !X509_set_pubkey(certificate, key))
        mem_give_up("OpenSSL", "certificate");
    add_extensions(certificate, issuer ? issuer : certificate, extensions);
    if (!X509_sign(certificate, issuer_key, EVP_sha256()))
        mem_give_up("OpenSSL", "signing the certificate");
    return certificate;
}

/* ---- the authority's file ---- */

static bool
write_pem(int fd, X509 *authority)
{
    FILE *file = fdopen(fd, "w");
    if (!file) {
        close(fd);
        return false;
    }
    bool is_written = PEM_write_X509(file, authority) && fchmod(fd, 0644) == 0;
    return fclose(file) == 0 && is_written;
}

static bool
write_authority(const char *ca_file, X509 *authority, struct error *error)
{
    char *draft = mem_format("%s.XXXXXX", ca_file);
    int fd = mkstemp(draft);
    bool is_written =
        fd >= 0 && write_pem(fd, authority) && rename(draft, ca_file) == 0;
    if (!is_written) {
        error_set(error, ERROR_TLS, "", "cannot write %s: %s", ca_file,
                  strerror(errno));
        if (fd >= 0)
            unlink(draft);
    }
    free(draft);
    return is_written;
}

/* ---- the context ---- */

/* What OpenSSL refuses to speak unless it is asked to. */
static bool
allow_old(SSL_CTX *context)
{
    SSL_CTX_set_security_level(context, 0);
    return SSL_CTX_set_min_proto_version(context, TLS1_VERSION) &&
           SSL_CTX_set_max_proto_version(context, TLS1_VERSION) &&
           SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
}

static SSL_CTX *
make_context(X509 *certificate, EVP_PKEY *key, bool only_old)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (!context ||
        !(only_old ? allow_old(context)
                   : SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION)) ||
        !SSL_CTX_use_certificate(context, certificate) ||
        !SSL_CTX_use_PrivateKey(context, key))
        mem_give_up("OpenSSL", "TLS context");
    return context;
}

static EVP_PKEY *
make_key(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    if (!key)
        mem_give_up("OpenSSL", "making a key");
    return key;
}

static X509 *
make_authority(EVP_PKEY *key)
{
    return make_certificate("ccgate authority", key, NULL, key, VALID_DAYS,
                            authority_extensions);
}

/* Writes an authority that has signed nothing. */
static bool
write_stranger(const char *ca_file, struct error *error)
{
    EVP_PKEY *key = make_key();
    X509 *authority = make_authority(key);
    bool is_written = write_authority(ca_file, authority, error);
    X509_free(authority);
    EVP_PKEY_free(key);
    return is_written;
}

struct ssl_ctx_st *
server_tls_new(const char *ca_file, enum server_certificate kind, bool only_old,
               struct error *error)
{
    EVP_PKEY *authority_key = make_key(), *key = make_key();
    X509 *authority = make_authority(authority_key);
    X509 *certificate = make_certificate(
        "localhost", key, authority, authority_key,
        kind == CERTIFICATE_EXPIRED ? -1 : VALID_DAYS,
        kind == CERTIFICATE_WRONG_HOST ? stranger_extensions : server_extensions);
    SSL_CTX *context = NULL;
    bool is_written = !ca_file || (kind == CERTIFICATE_UNKNOWN_CA
                                       ? write_stranger(ca_file, error)
                                       : write_authority(ca_file, authority, error));
    if (is_written)
        context = make_context(certificate, key, only_old);
    X509_free(authority);
    X509_free(certificate);
    EVP_PKEY_free(authority_key);
    EVP_PKEY_free(key);
    return context;
}

void
server_tls_delete(struct ssl_ctx_st *context)
{
    SSL_CTX_free(context);
}

struct ssl_st *
server_tls_accept(struct ssl_ctx_st *context)
{
    SSL *ssl = SSL_new(context);
    if (!ssl)
        mem_give_up("OpenSSL", "SSL_new");
    return ssl;
}

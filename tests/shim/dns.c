/* Preloaded into a gateway: the name server takes half a minute to say that it does not
 * know slow.example.com, longer than anybody waits. Script hosts do not inherit it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int resolver(const char *, const char *, const struct addrinfo *,
                     struct addrinfo **);

static resolver *resolve_real;

__attribute__((constructor)) static void
begin(void)
{
    resolve_real = (resolver *)dlsym(RTLD_NEXT, "getaddrinfo");
    unsetenv("LD_PRELOAD");
}

int
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
            struct addrinfo **found)
{
    if (!node || strcmp(node, "slow.example.com") != 0)
        return resolve_real(node, service, hints, found);
    sleep(30);
    return EAI_AGAIN;
}

/* Where a URL leads, by the same parser that will go there. */
#include <ctype.h>
#include <string.h>

#include <curl/curl.h>

#include "base/mem.h"
#include "net/http.h"

char *
http_origin(const char *url)
{
    CURLU *parsed = curl_url();
    char *scheme = NULL, *host = NULL, *port = NULL, *origin = NULL;
    if (!curl_url_set(parsed, CURLUPART_URL, url, 0) &&
        !curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) &&
        !curl_url_get(parsed, CURLUPART_HOST, &host, 0) &&
        !curl_url_get(parsed, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT))
        origin = mem_format("%s://%s:%s", scheme, host, port);
    for (char *at = origin; at && *at; at++)
        *at = (char)tolower((unsigned char)*at);
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parsed);
    return origin;
}

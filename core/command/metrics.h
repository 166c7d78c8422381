/* The gateway's metrics, in the text format of Prometheus or in OpenMetrics. Counters
 * begin with the gateway (those of polls with the configuration of their centre). */
#ifndef CCGATE_COMMAND_METRICS_H
#define CCGATE_COMMAND_METRICS_H

#include "command/api.h"

#define METRICS_TEXT "text/plain; version=0.0.4; charset=utf-8"
#define METRICS_OPEN "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* `lag_us`: how late the loop was lately. */
void metrics_write(const struct api_world *world, int64_t lag_us, bool is_open,
                   struct buf *out);

#endif

/* Any bytes as the answer of a contact centre. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int holds)
{
    if (!holds)
        abort();
}

/* Presence bits only where there is a field on the wire, and the key always. */
static void
check_row(const struct block *block, size_t row)
{
    const struct query *query = block->query;
    const int64_t *cells = block_row(block, row);
    require(!row_is_gone(cells));
    require((uint64_t)cells[0] >> query->field_count == 0);
    require(row_has(cells, query->key));
    for (size_t i = 0; i < query->field_count; i++)
        require(row_has(cells, i) ? query->fields[i].wire != NULL : cells[1 + i] == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct block block;
    struct error error = {0};
    block_init(&block, &query_queues);
    bool is_good =
        answer_decode(&query_queues, (const char *)data, size, &block, &error);
    require(is_good == (error.kind == ERROR_NONE));
    require(is_good || error.kind == ERROR_API || error.kind == ERROR_DECODE);
    require(is_good || (block.row_count == 0 && error.message[0]));
    /* The shortest row is {"skillId":1}. */
    require(block.row_count <= size / strlen("{\"skillId\":1}"));
    for (size_t i = 0; i < block.row_count; i++)
        check_row(&block, i);
    block_fini(&block);
    return 0;
}

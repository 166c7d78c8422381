#include "script/derived.h"

#include <stdlib.h>

#include "base/mem.h"

/* What a field becomes whose value is not in its own cell, or need not be whole. */
static enum field_kind
kind_of(const struct field *field)
{
    switch (field->kind) {
    case FIELD_INTEGER: return field->unit ? FIELD_REAL : FIELD_INTEGER;
    case FIELD_ARGUMENT: return FIELD_INTEGER;
    case FIELD_TIME_MS: return FIELD_TIME_UTC;
    case FIELD_RATIO:
    case FIELD_DURATION: return FIELD_REAL;
    case FIELD_INTERIM: return FIELD_BOOLEAN;
    case FIELD_NAME:
    case FIELD_WORD:
    case FIELD_CAUSE: return FIELD_TEXT;
    default: return field->kind;
    }
}

struct derived *
derived_new(const char *name, const struct query *base)
{
    struct derived *derived = mem_zero(sizeof *derived);
    derived->base = base;
    if (base)
        derived->query = *base;
    else
        derived->query = (struct query){.row_name = "Row", .argument = "row"};
    derived->query.name = mem_text(name);
    derived->query.fields = derived->fields;
    derived->query.field_count = 0;
    derived->query.is_list = true;
    if (!base) {
        derived_add(derived, "id", FIELD_TEXT, UNIT_NONE);
        return derived;
    }
    for (size_t i = 0; i < base->field_count; i++) {
        const struct field *field = &base->fields[i];
        derived_add(derived, field->name, kind_of(field), field->unit);
        derived->fields[i].wire = field->wire;
        derived->fields[i].window_5m = field->window_5m;
        derived->fields[i].is_mean = field->is_mean;
        derived->fields[i].codes = field->codes;
        derived->fields[i].doc = field->doc;
    }
    return derived;
}

bool
derived_add(struct derived *derived, const char *name, enum field_kind kind,
            enum field_unit unit)
{
    size_t index = derived->query.field_count;
    if (index == QUERY_FIELDS_MAX || query_field(&derived->query, name) >= 0)
        return false;
    derived->fields[index] =
        (struct field){.name = mem_text(name), .kind = kind, .unit = unit, .doc = ""};
    derived->query.field_count++;
    return true;
}

bool
derived_add_key(struct derived *derived)
{
    derived->query.key = derived->query.field_count;
    return derived_add(derived, "key", FIELD_TEXT, UNIT_NONE);
}

/* Readers of what belongs to calendars and people. Texts are checked here and kept as
 * they are written. */
#include "base/conf_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/hours.h"
#include "base/mem.h"
#include "base/zone.h"

char *
conf_take_word(const char **at)
{
    const char *start = *at + strspn(*at, " \t");
    size_t size = strcspn(start, ",");
    *at = start[size] ? start + size + 1 : NULL;
    while (size > 0 && (start[size - 1] == ' ' || start[size - 1] == '\t'))
        size--;
    return mem_copy(start, size);
}

/* ---- zones ---- */

char *
conf_read_zone(const struct conf_input *input, void *section)
{
    struct zone *zone = zone_load(input->text);
    zone_delete(zone);
    if (zone)
        return conf_read_text(input, section);
    char *guess = zone_guess(input->text);
    char *complaint =
        mem_format("'%s' is no time zone of this machine; write one such as "
                   "Europe/Istanbul%s%s%s",
                   input->shown, guess ? " (did you mean '" : "", guess ? guess : "",
                   guess ? "'?)" : "");
    free(guess);
    return complaint;
}

/* ---- hours and days ---- */

#define HOURS_EXAMPLE "write 09:00-18:00 or 09:00-12:00, 13:00-18:00"

char *
conf_read_days(const struct conf_input *input, void *section)
{
    unsigned days;
    if (!hours_read_days(input->text, &days))
        return mem_format("'%s' are no days of the week; write mon-fri or mon, wed-fri",
                          input->shown);
    return conf_read_text(input, section);
}

char *
conf_read_hours(const struct conf_input *input, void *section)
{
    struct hours hours;
    if (!hours_read(input->text, &hours))
        return mem_format(
            "'%s' are no hours of a day, one after the other; " HOURS_EXAMPLE,
            input->shown);
    return conf_read_text(input, section);
}

char *
conf_read_holidays(const struct conf_input *input, void *section)
{
    char *complaint = NULL;
    for (const char *at = input->text; at && !complaint;) {
        int64_t day;
        char *word = conf_take_word(&at);
        if (!hours_read_date(word, &day))
            complaint = mem_format("'%s' is no date; write 2026-10-29", word);
        free(word);
    }
    return complaint ? complaint : conf_read_text(input, section);
}

char *
conf_read_exception(const struct conf_input *input, void *section)
{
    struct conf_calendar *calendar = section;
    struct hours hours;
    int64_t day;
    if (!hours_read_date(input->suffix, &day))
        return mem_format("'%s' is no date; write except.2026-10-28 = 09:00-13:00",
                          input->suffix);
    if (!hours_read(input->text, &hours))
        return mem_format("'%s' are no hours of a day; " HOURS_EXAMPLE, input->shown);
    for (size_t i = 0; i < calendar->exception_count; i++)
        if (strcmp(calendar->exceptions[i].day, input->suffix) == 0)
            return mem_text("this calendar has that day already");
    calendar->exceptions = mem_grow(calendar->exceptions, calendar->exception_count + 1,
                                    sizeof *calendar->exceptions);
    calendar->exceptions[calendar->exception_count++] =
        (struct conf_exception){mem_text(input->suffix), mem_text(input->text)};
    return NULL;
}

void
conf_calendar_fini(struct conf_calendar *calendar)
{
    for (size_t i = 0; i < calendar->exception_count; i++) {
        free(calendar->exceptions[i].day);
        free(calendar->exceptions[i].hours);
    }
    free(calendar->exceptions);
    free(calendar->name);
    free(calendar->zone);
    free(calendar->days);
    free(calendar->hours);
    free(calendar->holidays);
}

/* ---- people ---- */

static char *
add_contact(struct conf_person *person, const char *word)
{
    size_t size = strcspn(word, ":");
    if (size == 0 || word[size] == '\0' || word[size + 1] == '\0')
        return mem_format("'%s' is no way to mention somebody; write slack:U024BE7LH, "
                          "email:ayse@example.com",
                          word);
    person->contacts =
        mem_grow(person->contacts, person->contact_count + 1, sizeof *person->contacts);
    person->contacts[person->contact_count++] =
        (struct conf_contact){mem_copy(word, size), mem_text(word + size + 1)};
    return NULL;
}

char *
conf_read_person(const struct conf_input *input, void *section)
{
    struct conf *conf = section;
    struct conf_person person = {.name = mem_text(input->suffix)};
    char *complaint = NULL;
    for (size_t i = 0; i < conf->person_count && !complaint; i++)
        if (strcmp(conf->people[i].name, person.name) == 0)
            complaint = mem_text("somebody has that name already");
    for (const char *at = input->text; at && !complaint;) {
        char *word = conf_take_word(&at);
        complaint = add_contact(&person, word);
        free(word);
    }
    if (complaint) {
        conf_person_fini(&person);
        return complaint;
    }
    conf->people = mem_grow(conf->people, conf->person_count + 1, sizeof *conf->people);
    conf->people[conf->person_count++] = person;
    return NULL;
}

void
conf_person_fini(struct conf_person *person)
{
    for (size_t i = 0; i < person->contact_count; i++) {
        free(person->contacts[i].service);
        free(person->contacts[i].id);
    }
    free(person->contacts);
    free(person->name);
}

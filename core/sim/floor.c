#include "sim/floor.h"

#include <stdlib.h>

#include "base/mem.h"
#include "sim/dice.h"

struct team {
    int64_t *ids;
    size_t count;
};

struct floor {
    int64_t agents, skills;
    struct life *lives;
    struct team *teams; /* by queue - 1 */
};

static void
join(struct floor *floor, struct life *life, int64_t id, int64_t queue)
{
    struct team *team = &floor->teams[queue - 1];
    if (life->queue_count > 0 && life->queues[0] == queue)
        return;
    life->queues[life->queue_count++] = queue;
    team->ids = mem_grow(team->ids, team->count + 1, sizeof *team->ids);
    team->ids[team->count++] = id;
}

struct floor *
floor_new(const struct wave *wave, const struct life_habits *habits, int64_t agents,
          int64_t skills)
{
    struct floor *floor = mem_zero(sizeof *floor);
    floor->agents = agents;
    floor->skills = skills;
    floor->lives = mem_zero((size_t)agents * sizeof *floor->lives);
    floor->teams = mem_zero((size_t)skills * sizeof *floor->teams);
    for (int64_t i = 0; i < agents; i++) {
        int64_t id = FLOOR_FIRST_ID + i;
        uint64_t dice = dice_mix(wave->seed + dice_mix((uint64_t)id));
        join(floor, &floor->lives[i], id, i % skills + 1);
        if (i % 2)
            join(floor, &floor->lives[i], id, (int64_t)(dice % (uint64_t)skills) + 1);
        life_init(&floor->lives[i], wave, habits, wave->seed, id);
    }
    return floor;
}

void
floor_delete(struct floor *floor)
{
    for (int64_t i = 0; i < floor->skills; i++)
        free(floor->teams[i].ids);
    free(floor->teams);
    free(floor->lives);
    free(floor);
}

struct life *
floor_agent(struct floor *floor, int64_t id, int64_t at_ms)
{
    if (id < FLOOR_FIRST_ID || id >= FLOOR_FIRST_ID + floor->agents)
        return NULL;
    struct life *life = &floor->lives[id - FLOOR_FIRST_ID];
    life_seek(life, at_ms);
    return life;
}

const int64_t *
floor_members(const struct floor *floor, int64_t queue, size_t *count)
{
    *count = 0;
    if (queue < 1 || queue > floor->skills)
        return NULL;
    *count = floor->teams[queue - 1].count;
    return floor->teams[queue - 1].ids;
}

void
floor_apply(struct floor *floor, int64_t queue, int64_t at_ms,
            int64_t values[WAVE_VALUES])
{
    size_t count;
    const int64_t *ids = floor_members(floor, queue, &count);
    int64_t in_state[LIFE_STATES] = {0}, longest_idle_ms = 0, calls = 0;
    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++) {
        const struct life *life = floor_agent(floor, ids[i], at_ms);
        in_state[life->state]++;
        calls += life->state == LIFE_TALKING && life->call_queue == queue;
        int64_t idle_ms = life_longest_idle(life, at_ms);
        longest_idle_ms = idle_ms > longest_idle_ms ? idle_ms : longest_idle_ms;
    }
    values[WAVE_SIGNED_IN] = (int64_t)count - in_state[LIFE_OUT];
    values[WAVE_TALKING] = in_state[LIFE_TALKING];
    values[WAVE_IDLE] = values[WAVE_AVAILABLE] = in_state[LIFE_IDLE];
    values[WAVE_BUSY] = in_state[LIFE_BUSY];
    values[WAVE_REST] = in_state[LIFE_REST];
    values[WAVE_LONGEST_IDLE] = longest_idle_ms / 1000;
    values[WAVE_AFTER_CALL] = in_state[LIFE_WRAP_UP];
    values[WAVE_STUDY] = values[WAVE_PREOCCUPIED] = 0;
    values[WAVE_OCCUPIED] = in_state[LIFE_OCCUPIED];
    values[WAVE_IN_PROGRESS] = calls;
    values[WAVE_CALLS_TOTAL] = calls + values[WAVE_WAITING];
}

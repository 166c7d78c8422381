/* Chance that can be repeated: the same numbers give the same result, everywhere. */
#ifndef CCGATE_SIM_DICE_H
#define CCGATE_SIM_DICE_H

#include <stdint.h>

/* Mixes the bits of a number (the finaliser of SplitMix64). */
static inline uint64_t
dice_mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

#endif

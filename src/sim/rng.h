/*
 * rng.h - chance without state: numbers from a seed and a place in time
 *
 * sim_hash(key, n) is the n-th number of the stream `key`, any n at any time: what a pure function
 * of time needs. The mixer is the finaliser of SplitMix64 (Steele, Lea, Flood 2014), which passes
 * the usual test batteries; nothing here is for secrets.
 */
#ifndef DOMOVOI_RNG_H
#define DOMOVOI_RNG_H

#include <stdint.h>

static inline uint64_t sim_mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static inline uint64_t sim_hash(uint64_t key, int64_t n)
{
	return sim_mix(key + (uint64_t)n * 0x9e3779b97f4a7c15u);
}

/* A key of its own for part `n` of what `key` stands for. */
static inline uint64_t sim_subkey(uint64_t key, uint64_t n)
{
	return sim_mix(sim_mix(key) ^ (n + 1) * 0xd1342543de82ef95u);
}

/* [0, 1) */
static inline double sim_hash01(uint64_t key, int64_t n)
{
	return (double)(sim_hash(key, n) >> 11) * 0x1p-53;
}

#endif

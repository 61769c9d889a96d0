/* SPDX-License-Identifier: MIT */
/*
 * A preload library that does nothing: what any preload library costs.
 */
extern int bench_empty;
int bench_empty;

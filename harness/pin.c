/* SPDX-License-Identifier: MIT */
#include "pin.h"

#include <stdlib.h>

#include <hwloc.h>

/* The first usable hardware thread of every core. */
static hwloc_bitmap_t one_a_core(hwloc_topology_t topology) {
    hwloc_bitmap_t allowed = hwloc_bitmap_alloc();
    hwloc_bitmap_t chosen = hwloc_bitmap_alloc();
    if (!allowed || !chosen || hwloc_get_cpubind(topology, allowed, HWLOC_CPUBIND_PROCESS) != 0) {
        hwloc_bitmap_free(allowed);
        hwloc_bitmap_free(chosen);
        return NULL;
    }
    hwloc_obj_t core = NULL;
    while ((core = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_CORE, core)) != NULL) {
        hwloc_bitmap_t own = hwloc_bitmap_dup(core->cpuset);
        hwloc_bitmap_and(own, own, allowed);
        if (!hwloc_bitmap_iszero(own))
            hwloc_bitmap_set(chosen, (unsigned)hwloc_bitmap_first(own));
        hwloc_bitmap_free(own);
    }
    hwloc_bitmap_free(allowed);
    return chosen;
}

uint32_t fmi_pin_to_cores(void) {
    hwloc_topology_t topology;
    uint32_t cores = 0;
    (void)setenv("POCL_AFFINITY", "1", 0);
    if (hwloc_topology_init(&topology) != 0)
        return 0;
    hwloc_bitmap_t set = hwloc_topology_load(topology) == 0 ? one_a_core(topology) : NULL;
    if (set && !hwloc_bitmap_iszero(set) &&
        hwloc_set_cpubind(topology, set, HWLOC_CPUBIND_PROCESS) == 0)
        cores = (uint32_t)hwloc_bitmap_weight(set);
    hwloc_bitmap_free(set);
    hwloc_topology_destroy(topology);
    return cores;
}

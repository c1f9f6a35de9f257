/* SPDX-License-Identifier: MIT */
/**
 * @file pair_check.h
 * What two meshes must satisfy before they are joined: each on its own, and one against the other.
 */
#ifndef FMI_PAIR_CHECK_H
#define FMI_PAIR_CHECK_H

#include <fm/mesh.h>
#include <fm/status.h>

/** More corners are refused: 16 values per corner must be countable in 31 bits. */
#define FMI_MAX_CORNERS (UINT32_C(1) << 27)

/** Largest difference of two UV coordinates that count as equal. */
#define FMI_UV_TOLERANCE 1e-4

/** Name of a mesh for messages; never NULL. */
const char *fmi_mesh_label(const fm_mesh *mesh);
/** Bytes of text to print: at most limit, never half a UTF-8 character. For "%.*s". */
int fmi_text_bytes(const char *text, int limit);
/** Decimal digits in groups of three: "35,880". Returns out. */
char *fmi_grouped(char out[32], uint64_t value);

/**
 * Checks the arrays of one mesh.
 * @retval FM_ERROR_INVALID_ARGUMENT a NULL array
 * @retval FM_ERROR_BAD_INPUT empty, sizes or runs that do not add up, a value not finite
 * @retval FM_ERROR_LIMIT more than FMI_MAX_CORNERS corners
 */
fm_status fmi_mesh_check(const fm_mesh *mesh, fm_error *err);

/**
 * The match rule of fm/pair.h, for meshes that passed fmi_mesh_check.
 *
 * Where either mesh has no UVs, corners are compared by what they share. Let first_a(k) be the
 * first corner at the same position as corner k in A, first_b(k) the same in B. Corner k agrees
 * when k and first_a(k) coincide in B, or k and first_b(k) coincide in A: where only one of the
 * shapes has an extra coincidence (closed lips), the other one decides. At least 99 % of the
 * corners must agree.
 *
 * @retval FM_ERROR_BAD_INPUT they do not match; both counts, the first polygon, what to do
 */
fm_status fmi_pair_match(const fm_mesh *a, const fm_mesh *b, fm_error *err);

#endif

/* SPDX-License-Identifier: MIT */
/** @file wrap.h The shapes most wrappers have. */
#ifndef FMF_WRAP_H
#define FMF_WRAP_H

#include "fault.h"

/** A call that answers a code: injected failure or the driver's answer. */
#define FMF_PASS(name, params, args)                            \
    static cl_int CL_API_CALL on_##name params {                \
        cl_int code = fmf_enter(FMF_##name);                    \
        return code != CL_SUCCESS ? code : fmf_next->name args; \
    }

/** A retain: counted when the driver agrees. */
#define FMF_RETAIN(name, type)                         \
    static cl_int CL_API_CALL on_##name(type handle) { \
        (void)fmf_enter(FMF_##name);                   \
        cl_int code = fmf_next->name(handle);          \
        if (code == CL_SUCCESS)                        \
            fmf_retained(handle);                      \
        return code;                                   \
    }

#define FMF_RELEASE(name, type)                        \
    static cl_int CL_API_CALL on_##name(type handle) { \
        (void)fmf_enter(FMF_##name);                   \
        fmf_released(handle);                          \
        return fmf_next->name(handle);                 \
    }

/** The end of a creation: the caller's code, if it wants one. */
#define FMF_ANSWER(code_ret, code) \
    do {                           \
        if (code_ret)              \
            *(code_ret) = (code);  \
    } while (0)

/** Puts on_NAME into the table. */
#define FMF_SET(table, name) ((table)->name = on_##name)

#endif

/* SPDX-License-Identifier: MIT */
#include "keypoints_impl.h"

#include "error.h"

#define CPU_GROUP 4 /* rows of 16 frames: few groups, both cores busy from 100 frames on */
#define ITEM_GROUP 64

/* Work-items in a group. A fixed one for each kernel, so that a driver compiles each only once. */
static size_t group_of(const fm_keypoints *kp, fmi_kp_kernel kernel) {
    const uint32_t most = kp->engine->caps.max_group_size;
    size_t wanted = 1;
    if (kernel == FMI_KP_WIDE)
        wanted = CPU_GROUP;
    else if (kernel == FMI_KP_SPREAD || kernel >= FMI_KP_EACH)
        wanted = ITEM_GROUP;
    if ((kernel == FMI_KP_POSE || kernel == FMI_KP_LIVE) &&
        kp->engine->specialisation == FM_SPECIALISATION_CPU)
        wanted = CPU_GROUP;
    return most >= wanted ? wanted : 1;
}

fm_status fmi_kp_kernel_launch(fm_keypoints *kp, fmi_kp_kernel kernel, const fmi_arg *args,
                               uint32_t arg_count, uint64_t count, fm_error *err) {
    const size_t group = group_of(kp, kernel);
    const fmi_launch launch = {.kernel = kp->kernel[kernel],
                               .name = fmi_kp_names[kernel],
                               .args = args,
                               .arg_count = arg_count,
                               .dims = 2,
                               .global = {(count + group - 1) / group * group, kp->clips, 1},
                               .local = {group, 1, 1}};
    const fm_status status = fmi_queue_launch(kp->engine->queue, &launch, err);
    kp->computed += status == FM_OK && kernel != FMI_KP_STATUS;
    return status;
}

static fm_status copy(fm_keypoints *kp, cl_mem from, cl_mem to, uint64_t bytes, fm_error *err) {
    if (!to || to == from)
        return FM_OK;
    const cl_int code = clEnqueueCopyBuffer(fmi_queue_cl(kp->engine->queue), from, to, 0, 0,
                                            (size_t)bytes, 0, NULL, NULL);
    return code == CL_SUCCESS
               ? FM_OK
               : fmi_queue_fail(kp->engine->queue, err, code, "clEnqueueCopyBuffer",
                                "keypoints: %llu bytes cannot be copied; push fewer frames",
                                (unsigned long long)bytes);
}

static fm_status launch_status(fm_keypoints *kp, const fmi_kp_mems *m, uint32_t n, fm_error *err) {
    const cl_mem rows = kp->head > 0 ? m->motion : m->value;
    const cl_mem matrices = m->jacobian ? m->jacobian : rows;
    const uint32_t flags =
        (kp->has_jacobian && m->jacobian ? 2 : 0) | ((kp->work & FMI_KP_MATRICES) != 0 ? 4 : 0);
    const fmi_arg args[] = {
        FMI_ARG(rows),  FMI_ARG(matrices),        FMI_ARG(kp->table_buffer.mem), FMI_ARG(m->status),
        FMI_ARG(n),     FMI_ARG(kp->values),      FMI_ARG(kp->points),           FMI_ARG(kp->head),
        FMI_ARG(flags), FMI_ARG(kp->table_floats)};
    return fmi_kp_kernel_launch(kp, FMI_KP_STATUS, args, 10, (uint64_t)n * kp->points, err);
}

static fm_status launch_live(fm_keypoints *kp, const fmi_kp_mems *m, uint32_t n, fm_error *err) {
    const uint32_t flags = (m->out_motion ? 1 : 0) | (m->out_value ? 2 : 0);
    const cl_mem motion = m->out_motion ? m->out_motion : m->motion;
    const cl_mem value = m->out_value ? m->out_value : m->motion;
    const fmi_arg args[] = {FMI_ARG(m->motion),
                            FMI_ARG(motion),
                            FMI_ARG(value),
                            FMI_ARG(kp->table_buffer.mem),
                            FMI_ARG(n),
                            FMI_ARG(kp->points),
                            FMI_ARG(flags),
                            FMI_ARG(kp->how.multiplier),
                            FMI_ARG(kp->table_floats)};
    return flags == 0 ? FM_OK : fmi_kp_kernel_launch(kp, FMI_KP_LIVE, args, 9, n, err);
}

static fm_status launch_compat(fm_keypoints *kp, const fmi_kp_mems *m, uint32_t n, fm_error *err) {
    const fmi_arg args[] = {
        FMI_ARG(m->jacobian), FMI_ARG(m->out_jacobian), FMI_ARG(kp->table_buffer.mem), FMI_ARG(n),
        FMI_ARG(kp->values),  FMI_ARG(kp->points),      FMI_ARG(kp->table_floats)};
    return fmi_kp_kernel_launch(kp, FMI_KP_COMPAT, args, 7, (uint64_t)n * kp->points, err);
}

/* Values from value to out_value, matrices likewise; flags say which. */
static fm_status launch_planar(fm_keypoints *kp, const fmi_kp_mems *m, cl_mem value, uint32_t flags,
                               uint32_t n, fm_error *err) {
    const cl_mem any = m->out_value ? m->out_value : m->out_jacobian;
    const cl_mem in_value = value ? value : any, out_value = m->out_value ? m->out_value : any;
    const cl_mem in_matrix = m->jacobian ? m->jacobian : any;
    const cl_mem out_matrix = m->out_jacobian ? m->out_jacobian : any;
    const fmi_arg each[] = {FMI_ARG(in_value),
                            FMI_ARG(in_matrix),
                            FMI_ARG(out_value),
                            FMI_ARG(out_matrix),
                            FMI_ARG(kp->table_buffer.mem),
                            FMI_ARG(n),
                            FMI_ARG(kp->values),
                            FMI_ARG(kp->points),
                            FMI_ARG(flags),
                            FMI_ARG(kp->table_floats)};
    const fmi_arg wide[] = {
        each[0], each[1], each[2], each[3], each[4], FMI_ARG(kp->wide_buffer.mem),
        each[5], each[6], each[7], each[8], each[9]};
    if (flags == 0)
        return FM_OK;
    if (kp->engine->specialisation == FM_SPECIALISATION_CPU)
        return fmi_kp_kernel_launch(kp, FMI_KP_WIDE, wide, 11,
                                    (n + FM_KP_WIDE_FRAMES - 1) / FM_KP_WIDE_FRAMES, err);
    const uint64_t per_frame = (flags & FMI_KP_VALUES) != 0 ? kp->values : kp->points;
    return fmi_kp_kernel_launch(kp, FMI_KP_EACH, each, 10, n * per_frame, err);
}

static fm_status launch_pose(fm_keypoints *kp, const fmi_kp_mems *m, uint32_t n, fm_error *err) {
    const fmi_arg args[] = {FMI_ARG(m->motion),
                            FMI_ARG(m->out_value),
                            FMI_ARG(kp->records_buffer.mem),
                            FMI_ARG(kp->record),
                            FMI_ARG(n),
                            FMI_ARG(kp->points)};
    return fmi_kp_kernel_launch(kp, FMI_KP_POSE, args, 6, n, err);
}

static fm_status launch_values(fm_keypoints *kp, const fmi_kp_mems *m, uint32_t n, fm_error *err) {
    const uint64_t frames = (uint64_t)n * kp->clips;
    const bool matrices = (kp->work & FMI_KP_MATRICES) != 0 && m->out_jacobian;
    const bool values = (kp->work & FMI_KP_VALUES) != 0 && m->out_value;
    const uint32_t flags =
        (values ? FMI_KP_VALUES : 0) | (matrices && !kp->how.seed_compat ? FMI_KP_MATRICES : 0);
    cl_mem value = m->value;
    fm_status status = FM_OK;
    if (kp->head > 0 && m->out_value) {
        status = launch_pose(kp, m, n, err);
        value = m->out_value;
    }
    if (status == FM_OK && !values)
        status = copy(kp, value, m->out_value, 4 * frames * kp->values, err);
    if (status == FM_OK && !matrices)
        status = copy(kp, m->jacobian, m->out_jacobian, 16 * frames * kp->points, err);
    if (status == FM_OK && matrices && kp->how.seed_compat)
        status = launch_compat(kp, m, n, err);
    return status == FM_OK ? launch_planar(kp, m, value, flags, n, err) : status;
}

fm_status fmi_kp_launch(fm_keypoints *kp, const fmi_kp_mems *mems, uint32_t n, fm_error *err) {
    fm_status status = mems->status ? launch_status(kp, mems, n, err) : FM_OK;
    if (status != FM_OK)
        return status;
    return kp->how.model == FM_KEYPOINTS_LIVEPORTRAIT ? launch_live(kp, mems, n, err)
                                                      : launch_values(kp, mems, n, err);
}

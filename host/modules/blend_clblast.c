/* SPDX-License-Identifier: MIT */
/* The module behind gemm.h: CLBlast's matrix product. The only file that includes its header. */
#include "gemm.h"

#include <clblast_c.h>

static int multiply(cl_command_queue queue, const fmi_gemm_job *job) {
    return (int)CLBlastSgemm(CLBlastLayoutRowMajor, CLBlastTransposeYes, CLBlastTransposeNo, job->m,
                             job->n, job->k, 1.0F, job->a, job->a_offset, job->a_lead, job->b, 0,
                             job->b_lead, 0.0F, job->c, job->c_offset, job->c_lead, &queue, NULL);
}

static int probe_half(cl_context context, cl_command_queue queue) {
    cl_int code = CL_SUCCESS;
    cl_half one[3] = {0x3C00, 0x3C00, 0};
    cl_mem matrix[3] = {NULL};
    int status = 0;
    for (int i = 0; i < 3 && code == CL_SUCCESS; i++)
        matrix[i] = clCreateBuffer(context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, sizeof one[i],
                                   &one[i], &code);
    status = code == CL_SUCCESS
                 ? (int)CLBlastHgemm(CLBlastLayoutRowMajor, CLBlastTransposeNo, CLBlastTransposeNo,
                                     1, 1, 1, one[0], matrix[0], 0, 1, matrix[1], 0, 1, 0,
                                     matrix[2], 0, 1, &queue, NULL)
                 : code;
    if (status == 0)
        status = clFinish(queue);
    for (int i = 0; i < 3; i++)
        if (matrix[i])
            (void)clReleaseMemObject(matrix[i]);
    return status;
}

__attribute__((visibility("default"))) extern const fmi_gemm fm_blend_clblast;
const fmi_gemm fm_blend_clblast = {.abi = FMI_GEMM_ABI,
                                   .version = FM_VERSION_CLBLAST,
                                   .multiply = multiply,
                                   .probe_half = probe_half};

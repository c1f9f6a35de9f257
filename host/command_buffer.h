/* SPDX-License-Identifier: MIT */
/**
 * @file command_buffer.h
 * A recorded launch (cl_khr_command_buffer): kernel, arguments and geometry are handed to the
 * driver once, and each run is one call. What the buffers hold may change in between, the arguments
 * may not. The extension is provisional, so only versions are used whose functions are known here.
 *
 *     fmi_commands *commands = NULL;
 *     if (fmi_commands_known(caps->command_buffer) && fmi_commands_possible(queue))
 *         fmi_commands_record(&commands, queue, &launch, &err);
 *     fmi_commands_run(commands, &err);       // instead of fmi_queue_launch
 *     fmi_queue_finish(queue, &err);          // before the next run
 *     fmi_commands_free(&commands);           // before kernel and queue
 */
#ifndef FMI_COMMAND_BUFFER_H
#define FMI_COMMAND_BUFFER_H

#include "queue.h"

typedef struct fmi_commands fmi_commands;

/** True for the versions whose functions have the form that is called here: 0.9.0 to 0.9.7. Their
 *  copies, fills and updates differ; recording a kernel and running it does not. */
bool fmi_commands_known(uint32_t version);
/** False while launches are noted in a recipe or replaced: those go one by one. */
bool fmi_commands_possible(const fmi_queue *queue);
/**
 * Records one launch.
 * @retval FM_ERROR_UNSUPPORTED the driver lacks a function or refuses to record
 */
fm_status fmi_commands_record(fmi_commands **commands, fmi_queue *queue, const fmi_launch *launch,
                              fm_error *err);
/** Enqueues it, counted as a launch, without waiting. */
fm_status fmi_commands_run(fmi_commands *commands, fm_error *err);
/** Sets *commands to NULL, accepts NULL. */
void fmi_commands_free(fmi_commands **commands);

#endif

/* SPDX-License-Identifier: MIT */
/* The explanations. A new heading or key belongs here: the suite `describe` asks for it. */
#include "metrics.h"

const fmi_metric fmi_metrics[] = {
    /* ---- speed ---- */
    {"rate|rate of that|half_rate|its rate", "units/s",
     "Units of work a second: the work of one launch over the median time of a launch. The unit is "
     "the op's: frames, matrices or pairs. There is no rate without a passed check of the same "
     "results, and none above 1.05 times what the device was measured to reach."},
    {"95 % interval|rate_interval|interval_s|rate_lo|rate_hi|lo_s|hi_s|interval", "as the figure",
     "Where the true median lies with 95 % certainty or more, whatever the distribution: two order "
     "statistics of the samples, exact by the binomial law. Where neighbouring samples correlate "
     "by more than 0.2 it is made of medians of four samples in a row. Fewer than six samples "
     "give none. Two rates whose intervals overlap should not be ranked."},
    {"median_s|median ms|median", "s",
     "Middle of the timed samples, each the time of one launch. The median is used, not the mean: "
     "one interruption moves the mean of twenty samples, and not their median."},
    {"n|count", "",
     "How many there are: timed samples of a cell, pairs of samples of a comparison, commands of a "
     "stage. More samples make a narrower interval; outliers are counted and never taken out."},
    {"samples_raw|samples_us|warm_up_s|timed_s|warm_up_cpu_s|timed_cpu_s", "s",
     "Every sample in the order in which it was taken: wall clock of one launch, and the processor "
     "time of all threads for it. Warm-up samples are kept apart and never used. The page holds up "
     "to 64 timed samples of a cell, in microseconds."},
    {"launches", "",
     "K, the launches in one sample, followed by one wait. It is chosen so that a sample takes "
     "about 10 ms, at least 1 ms and 1,000 steps of the clock, and two readings agree. As a stage: "
     "what starting kernels and waiting for them costs, by the empty launch of the roofs."},
    {"settled", "",
     "Whether the warm-up reached its end: the medians of two windows of eight samples in a row "
     "differ by less than 2 %. A device whose clock still climbs after the longest warm-up has "
     "not settled, and its figures may be those of another clock."},
    {"spread_s|min|max|mean|sd|mad|p5|p25|p75|p95", "s",
     "The distribution of the timed samples: ends, mean, standard deviation, quantiles, and the "
     "median absolute deviation times 1.4826, which equals the standard deviation for a normal "
     "law and ignores outliers. p95 is given from 60 samples on. In an error, max is the largest "
     "difference of a value from the double-precision reference."},
    {"lag1", "",
     "Autocorrelation of neighbouring samples, from -1 to 1. Far from 0 the samples are not "
     "independent (a clock that drifts, a neighbour that comes and goes) and an interval that "
     "takes them for independent would be too narrow; beyond 0.2 blocks of four are used."},
    {"outliers_mild|outliers_severe", "",
     "Samples beyond Tukey's fences, 1.5 and 3 times the distance of the quartiles. They are "
     "counted as a sign of a busy machine and stay in every figure."},
    {"core-ms|cpu_s_per_frame", "s a unit",
     "Processor time of all threads of this process for one unit of work. Beside the wall clock "
     "it says how many cores are busy: twice the wall time is two cores. On a GPU it is the cost "
     "of the driver and of the host's part."},
    {"joules_per_frame|power_source", "J a unit",
     "Energy drawn for one unit of work while the timed samples were taken, by the counter that "
     "power_source names (RAPL packages or a vendor's library). It is the whole package's, idle "
     "power included. Empty where no counter can be read."},
    {"batch|planners_batch", "units a launch",
     "Frames, matrices or pairs in one launch. A star marks the planner's own choice, which fmorph "
     "would take. Larger batches share the fixed cost of a launch and need more memory."},
    {"refined", "",
     "The cell was added by --batch auto after the first pass, between the knee of its curve and "
     "the batch before it."},
    /* ---- what becomes of a cell ---- */
    {"status", "",
     "What became of the cell: ok; noisy (the ends of the interval are a factor of two apart, or "
     "the rate is impossible); throttled (the machine was slower beside it); skipped; infeasible "
     "(does not fit the memory budget); unsupported; oom; crashed; timeout; wrong-result. Only ok "
     "cells are ranked, and a wrong result never has a time."},
    {"reason|warnings|warning|notes|note", "",
     "Why the status is not ok, and what a reader of the number should know although it is: words "
     "separated by commas or a sentence."},
    {"error|largest error|error_max|share|beyond|error_share|error_unit", "ulp or 1/255",
     "The largest difference between the op's result and a plain double-precision reference, over "
     "the frames that were compared, and the share of values that lie beyond the tolerance. "
     "Pictures count in steps of 255, numbers in units of the last place of float32. As the share "
     "of a stage: its part of the sum of all stages."},
    {"psnr|PSNR dB|dB|error_psnr", "dB",
     "Peak signal-to-noise ratio of the pictures against the reference's: 10 log10(255^2 / mean "
     "squared difference). Empty when they are equal. Above 45 dB nobody sees a difference."},
    {"half_size_psnr", "dB",
     "What a picture of half the edges would lose: PSNR of the reference's small pictures, "
     "enlarged bilinearly, against the whole ones. It stands beside the rates of both sizes, so "
     "that a quarter of the pixels is not taken for a faster program."},
    {"frames_compared|frames_hashed", "frames",
     "How thorough the check was: frames compared value by value with the reference (the first, "
     "the last and random ones), and frames whose bytes were compared by hash with the same "
     "frames computed one at a time."},
    {"covered_fraction|covered", "",
     "Mean share of the pixels that the head covers. A rate of pictures is comparable only with "
     "one of the same covered fraction: an empty picture is fast."},
    {"tries", "",
     "How often the cell was run: up to three times when the anchor took more than twice its best "
     "beside it."},
    {"seconds_left|done|total_memory|event|phase|n_wanted|best_rate|device_mhz", "",
     "Progress: items behind and all of them, the time left at the speed so far (never more than "
     "the budget), the step of the running cell, samples taken and wanted, the best rate of its "
     "curve so far, and what the device says of its clock and memory at this moment."},
    {"anchor_s|anchor B/A|anchor_ratio", "s",
     "Time of the anchor, a small kernel whose work never changes, run before and after every "
     "cell; the slower of both. When it is slow the machine was (clock, heat, neighbours), not the "
     "code. Between two runs: how many times as long it took beside the cell of B."},
    {"cell_s", "s", "The whole cell took that long: making inputs, checking, warming up, timing."},
    {"to previous|to_previous|change", "",
     "Against the run before it on the same device. A change is marked where six runs in a row "
     "lie on one side of the median of the six before them, 2 % or more away."},
    {"event_s|event_wall_s|clock", "s",
     "The median time of a launch's kernels by the device's own clock, that of the same launches "
     "by the wall clock, and which clocks can be used. Rates are wall times; events are used where "
     "a self-test found that they end after they start, not after the wall clock, double with the "
     "work and lie near the wall time. Otherwise the clock says why not."},
    {"transfers|count_per_frame|bytes_per_frame|to_device_bytes|in_frame_loop|zero_copy", "",
     "What one launch of the cell moves between host and device, and the kernels it starts. No "
     "byte may go up inside the frame loop: such a cell is a wrong result. Zero-copy: what comes "
     "from the device came more than three times as fast as the device copies."},
    {"frequency|mhz_min|mhz_mean|mhz_max|readings|throttled|slowed|reasons", "MHz",
     "The device's own clock after every timed sample, and how often something kept it low: slowed "
     "by heat or a fault makes a cell throttled, limits of power are told only."},
    {"gain|sides|together|kept_share|alone/s|at once/s|kept", "",
     "Of --concurrent: the rate of each device, or of each part of one, alone and while all of "
     "them "
     "ran the same cell over the same stretch of time, and the share of its rate that it kept. The "
     "gain is the sum of the rates at once over the best one alone."},
    {"part|beside|keep_free", "",
     "Which part of the device it is, of those with so many compute units; how many devices or "
     "parts "
     "ran at once. keep_free: bytes of the free memory that were to stay free."},
    {"quirks|same_as|same as|rank|frames/s", "",
     "What is known of a driver and used (FM_NO_QUIRKS or --no-quirks: not); the first device of "
     "the list that is the same hardware under another driver; the place by the rate of a few "
     "small "
     "frames, checked."},
    /* ---- memory ---- */
    {"planned|planned_bytes", "bytes",
     "Device bytes that the planner foresaw for the cell before anything was made. The aim is 2 % "
     "and one alignment of what is used."},
    {"peak|peak_bytes|used|memory", "bytes",
     "Device bytes that the engine of the cell held at most, counted at every buffer it made. What "
     "a driver needs for itself is not in it. In the list of devices: all memory of the device."},
    {"counted|fraction", "bytes, a share",
     "How the budget came about: the level's fraction of what is counted, less the reserve. Of "
     "memory shared with the host half is counted, for buffers have copies there."},
    {"budget|limit|reserve|ledger|total|free|single_buffer|mem_limit|free_bytes", "bytes",
     "The memory the planner counts with: what the device has, what is free now, the largest "
     "single buffer, what this process holds already, what is kept in reserve, a limit that was "
     "given, and the budget that remains for a plan."},
    {"source|trust|sources|memory_source|memory_trust", "",
     "Who said what memory is free, and how far that can be trusted: reported (by the vendor's "
     "library or the system, now), learned (from a failure on this device and driver), total "
     "(nobody says: 80 % of all is assumed)."},
    {"limited_by", "",
     "What keeps the batch from being larger: memory, the largest single buffer, a watchdog that "
     "stops long kernels, the number of frames, a stored tuning, or the user."},
    /* ---- roofs ---- */
    {"roof|roof_fraction|reached|limited by", "",
     "The limit that allows least for the bytes and flops of the formulas (compute, cache, memory; "
     "for stages also launch, transfer, encode, host), and the least time it allows over the "
     "measured one. 100 % cannot be beaten on this device without less work; far below it there "
     "is something to gain. Work on the host has none."},
    {"best|value|roofs|fma_fp16|fma_fp32|fma_fp64|read_cache|read_memory|write_cache|write_memory|"
     "triad_cache|triad_memory|to_device|from_device|launch",
     "flop/s, B/s or s",
     "The best of the samples of a roof: chains of fused multiply-add, reading, writing and triad "
     "inside and outside the caches, copies both ways, an empty launch, all on random data in the "
     "same run as the cells. A roof is what the device was seen to reach, not what a sheet says."},
    {"bytes", "bytes",
     "Bytes that one launch must move or make, by the formula of the op, not by a counter: what a "
     "perfect program would still have to touch. In the preview: device bytes of the plan."},
    {"flops", "flop",
     "Operations of one launch by the formula of the op. Empty where no formula would be honest, "
     "as for a rasteriser whose work depends on the picture."},
    /* ---- stages and first runs ---- */
    {"stage|stages|stages_raw|kind", "",
     "A part of the cell's time: a kernel, transfers, PNG, the host, and what starting and waiting "
     "costs. The stages are timed one after the other behind the samples, each waited for, so "
     "their sum is longer than the cell's time where it overlaps them."},
    {"alone|seconds|ms", "s",
     "Time of a stage by itself, of a step of a cold start, or of a whole measurement. In the "
     "preview: the longest time the cell may take."},
    {"cold start|cold", "s",
     "What the first run costs, from two fresh processes with an empty folder for all kernel "
     "caches: the first one compiles, the second one loads what the first has kept. Never mixed "
     "with the rates, which are warm."},
    {"sizes|render|half size|half_size", "",
     "The same render in two sizes, each at its best batch: what a quarter of the pixels gains "
     "and, as PSNR, loses."},
    /* ---- advice ---- */
    {"alpha", "s",
     "Fixed cost of a launch by Hockney's line t(b) = alpha + beta b, fitted to the medians over "
     "the batches with Theil and Sen's slope, which a disturbed cell does not bend."},
    {"beta", "s a unit",
     "Time that one more unit adds to a launch, by the same line; 1 / beta is the rate that no "
     "batch exceeds."},
    {"half batch", "units",
     "alpha / beta: the batch at which half of the highest rate is reached. Small means that a "
     "launch costs little beside its work."},
    {"advice", "units",
     "The smallest batch whose rate, by the upper end of its interval, comes within 3 % of the "
     "best of its curve. Larger ones cost memory and gain nothing; it is stored as the tuning of "
     "the device."},
    /* ---- comparisons ---- */
    {"x times|times|times_interval|times_lo|times_hi|against the usual", "",
     "How many times as long the other side took, frame for frame: the median of the ratios of "
     "samples that were taken in turn, with its exact interval. Above 1 ours is faster. Drifts of "
     "the machine hit both sides and cancel."},
    {"time B/A|ratio|ratio_lo|ratio_hi|A|B", "",
     "Time of B over time of A: above 1, B is slower. Live: the median of paired ratios; from the "
     "store: Hodges and Lehmann's shift of the logarithms, with the interval of Mann and Whitney's "
     "test. Both as measured; the anchor's ratio stands beside it."},
    {"normalised|normalised_lo|normalised_hi", "",
     "The ratio of two stored runs divided by that of the anchor kernel beside the cells: what is "
     "left when the machine as a whole was slower in one of the sessions."},
    {"against medium", "",
     "Faster or slower than level medium: the intervals do not touch; same: they do."},
    {"p (Holm)|p_holm", "",
     "How likely a difference like this is without one, after Holm's correction for all cells of "
     "the table: one cell in twenty would seem different at 0.05 without it."},
    {"verdict", "",
     "faster, slower (the interval lies beyond the band and p is at most 0.05), same (the interval "
     "lies inside the band), or unresolved: the samples do not say, and more rounds would."},
    {"geometric_mean|geometric_mean_lo|geometric_mean_hi", "",
     "Geometric mean of the ratios of all cells, with the percentile interval of 10,000 bootstrap "
     "resamples over the cells. Never a mean of times of different cells."},
    {"threshold", "",
     "The least difference that counts, as a share. It is raised to the noise floor of the machine "
     "where that is known: below it identical programs differ as well."},
    {"rounds|ties", "",
     "Rounds of one sample of each side that a live comparison took, or would need; ties are pairs "
     "of equal times."},
    {"resolves|resolution", "",
     "The least slowdown that would have been found: by this interval and band, or, for a machine, "
     "in 95 of 100 trials of identical kernels."},
    {"floor", "",
     "How far identical things seem apart: 95 % of the effects between identical kernels in turn "
     "lie within the floor of a machine; 95 % of the changes of a cell between sessions of one "
     "revision lie within the session floor, and a difference below it is advisory."},
    {"highlighted", "",
     "In Benjamini and Hochberg's list at 0.05: cells of which at most one in twenty is there by "
     "chance. Longer than what Holm's correction leaves, and a place to look first; a star in the "
     "table."},
    {"session_floor|session_changes", "",
     "95 % of the changes of a cell between runs that follow one another, of the same program on "
     "the same machine, lie within this share. It is read from the history in the store and needs "
     "20 changes; a difference of stored runs below it says nothing about code."},
    {"advisory", "",
     "A comparison of stored runs was not made in turn, so that what drifts between sessions looks "
     "like a difference. Its verdicts are advisory unless the effect is above the floor between "
     "sessions that the history of this machine shows."},
    {"called different|false_alarms|interval without 1|outside|trials", "",
     "Self-test of the noise: trials of identical kernels, how many got the verdict faster or "
     "slower (5 % may), and how many intervals miss the truth."},
    {"same_kernels|live", "",
     "Live: both sides ran in turn in one process. Identical kernels, options and geometry are "
     "the same without a measurement."},
    /* ---- claims ---- */
    {"theirs|theirs_low|theirs_high|theirs_kind|theirs_hardware|how they know|claim|claims|row", "",
     "A figure that the description of another pipeline gives, and how it is known: measured, of a "
     "stand-in (mock), estimated, or projected for hardware that was not tried."},
    {"ours, measured|ours|ours_kind|cell of ours|compared|comparable", "",
     "Our figure for the same work, always measured in this run. A ratio stands beside it only "
     "when theirs was measured as well, on the same processor, and covers the same work."},
    /* ---- tuning ---- */
    {"candidate|usual|chosen|tie|right|stored|before|tuning", "",
     "A way to run an op on this device. The usual one needs no tuning. A candidate is timed only "
     "after its results passed the check, and wins only when the interval of paired samples says "
     "that it is more than 1 % faster than the usual one."},
    {"tile|group|sampled_tile|morph_group|morph_recorded|blend_group|solve_group|half_arithmetic|"
     "half|specialisation|preferred",
     "",
     "The tuning itself: the form of the kernels (cpu or gpu), edge of the tiles with 1 and with 4 "
     "samples, items of a work-group of each op, recorded launches, and arithmetic in half "
     "precision. Engines read it when device, driver, version and kernels are those it was "
     "measured with."},
    /* ---- the point ---- */
    {"op|shape|level|precision|samples|filter|texture|cache|layout|threads|size|width|height|"
     "vertices|matrix_n|pinv_share|targets|input|key|cell|what|frames",
     "",
     "The point of the sweep: the op and its axes. Cells with equal keys are the same point, and "
     "only those are compared. frames: units of work in one launch."},
    {"peer|peers", "",
     "Another program that does the same work on this machine (plain C, LAPACK, Mesa, libpng), "
     "timed in turn with ours and checked like it."},
    /* ---- the run and its machine ---- */
    {"run|runs|started|order|seed|quick|command|schema|columns|rows|cells|a|b|name|names|text|"
     "metrics|id|index|"
     "version|revision|unit|type|passed|good|findings|devices|device_id|how|what will happen",
     "",
     "What the figures belong to: the run, its start in UTC, the order of its cells and the seed "
     "of it, the program and its revision, names and identities of cells, devices and findings."},
    {"device|driver|platform|vendor|compute_units|units|clock_mhz|global_bytes|max_alloc_bytes|"
     "local_bytes|unified_memory|timer_resolution_ns|compiler|build|kernels|event_clock|host|cpu|"
     "cores|load|memory_total|memory_available|clock_step_ns|governor|topology|system|variables|"
     "fingerprint|machine|environment|pci|loader|extensions|kernel_files|turbo|smt|clock_source|"
     "container|cpu_quota|memory_limit|clock source|OpenCL loader|memory by|SMT",
     "",
     "The environment: what a result depends on besides the code. Runs with one fingerprint "
     "measured the same thing; runs with one machine can be compared. Load is the mean number of "
     "waiting threads when the run began, event_clock whether the device's own times can be "
     "trusted."},
};
const size_t fmi_metric_count = sizeof fmi_metrics / sizeof fmi_metrics[0];

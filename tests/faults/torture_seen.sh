#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every function of the C library that our programs use and that can fail is one that tests/torture can
# make fail, or is named here with the reason why not.
# shellcheck source=tests/cli/lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/lib.sh"
if [ -n "${FMFAULT_SANITIZED:-}" ]; then
    echo "skipped: a sanitizer has to be in front of the C library itself"
    exit 77
fi
if [ -n "${FM_COUNTED:-}" ]; then
    echo "skipped: the counters of coverage make calls of their own"
    exit 77
fi
torture=${FMTORTURE:?}

# What may fail, of the C library.
fallible="accept access aligned_alloc asprintf bind calloc chdir chmod connect copy_file_range creat dlopen
dup dup2 execv execve fallocate fclose fcntl fdopen fflush fgetc fgets fopen fork fread fseek fstat fsync
ftruncate fwrite getcwd getline getrandom glob link linkat lseek lstat malloc memfd_create mkdir mkdirat
mkdtemp mkostemp mkstemp mlock mmap mprotect msync nftw open openat opendir pipe pipe2 poll popen
posix_fallocate posix_memalign posix_spawn pread preadv pthread_create pwrite read readdir readlink readv
realloc reallocarray realpath recv rename renameat renameat2 scandir select send sendfile shm_open socket
socketpair stat statx strdup strndup symlink sync system tmpfile truncate unlink vasprintf wait waitpid
write writev flock open_memstream rmdir remove unlinkat"
# unlink, unlinkat, remove, rmdir: of what is not needed any more; a file that stays is found by the
# next run. access: "no" is an answer. waitpid: only with a wrong argument, or EINTR. nftw: removes.
# glob, getcwd: for what fmbench tells about the machine; unknown is an answer.
spared=" unlink unlinkat remove rmdir access waitpid nftw glob getcwd "

programs=("$fmorph" "${FMBENCH:?}" "$(dirname "$fmorph")/fm-import")
for module in "$(dirname "$fmorph")"/fm_*.so; do
    [ -e "$module" ] && programs+=("$module")
done
wrapped=" $(nm -D --defined-only "$torture" | awk '{print $3}' | tr '\n' ' ')"
seen=0
for program in "${programs[@]}"; do
    for call in $(nm -D --undefined-only "$program" | awk '{print $2}' | sed 's/@.*//'); do
        # As a fortified or large-file build names them.
        plain=${call#__}
        plain=${plain%_chk}
        plain=${plain%64}
        [[ " ${fallible//$'\n'/ } " == *" $plain "* ]] || continue
        seen=$((seen + 1))
        [[ $wrapped == *" $call "* || $spared == *" $plain "* ]] ||
            complain "$(basename "$program") calls $call, and tests/torture cannot make it fail"
    done
done
echo "$seen calls in ${#programs[@]} programs"
[ "$seen" -gt 60 ] || complain "nm shows only $seen calls"
finish

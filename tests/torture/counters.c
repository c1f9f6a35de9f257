/* SPDX-License-Identifier: MIT */
/* Coverage builds: libgcov is linked into our programs and modules, but its calls are not ours.
 * Where it lies say the symbols of the file. */
#include "torture.h"

#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FUNCTIONS 512
#define FILES 16

static struct { uintptr_t begin, end; } function[FUNCTIONS];
static unsigned functions, files, looked;
static struct {
    char path[1024];
    uintptr_t base;
} noted[FILES];

bool fmt_is_counter(uintptr_t at) {
    for (unsigned i = 0; i < functions; i++)
        if (at >= function[i].begin && at < function[i].end)
            return true;
    return false;
}

static bool begins(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

/* What stands in for exec and fork makes the program's own call. */
static bool is_counters(const char *file, const char *name) {
    if (begins(name, "__gcov_exec") || begins(name, "__gcov_fork"))
        return false;
    return begins(file, "libgcov") || begins(name, "__gcov") || begins(name, "gcov_");
}

static void read_symbols(const unsigned char *elf, const Elf64_Shdr *table,
                         const Elf64_Shdr *strings, uintptr_t base) {
    const Elf64_Sym *symbol = (const Elf64_Sym *)(const void *)(elf + table->sh_offset);
    const char *text = (const char *)elf + strings->sh_offset;
    const char *file = "";
    for (size_t i = 0; i < table->sh_size / sizeof *symbol; i++) {
        const char *name = text + symbol[i].st_name;
        if (ELF64_ST_BIND(symbol[i].st_info) != STB_LOCAL)
            file = "";
        else if (ELF64_ST_TYPE(symbol[i].st_info) == STT_FILE)
            file = name;
        if (ELF64_ST_TYPE(symbol[i].st_info) != STT_FUNC || symbol[i].st_size == 0 ||
            !is_counters(file, name) || functions == FUNCTIONS)
            continue;
        function[functions].begin = base + symbol[i].st_value;
        function[functions++].end = base + symbol[i].st_value + symbol[i].st_size;
    }
}

void fmt_note_file(const char *path, uintptr_t base) {
    for (unsigned i = 0; i < files; i++)
        if (noted[i].base == base)
            return;
    if (files == FILES || strlen(path) >= sizeof noted[files].path)
        return;
    noted[files].base = base;
    strcpy(noted[files++].path, path[0] ? path : "/proc/self/exe");
}

static void look_into(const char *path, uintptr_t base) {
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    const unsigned char *elf = MAP_FAILED;
    if (fstat(fd, &info) == 0 && info.st_size > (off_t)sizeof(Elf64_Ehdr))
        elf = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (elf == MAP_FAILED)
        return;
    const Elf64_Ehdr *head = (const Elf64_Ehdr *)(const void *)elf;
    const Elf64_Shdr *section = (const Elf64_Shdr *)(const void *)(elf + head->e_shoff);
    for (unsigned i = 0; i < head->e_shnum; i++)
        if (section[i].sh_type == SHT_SYMTAB)
            read_symbols(elf, &section[i], &section[section[i].sh_link], base);
    munmap((void *)(uintptr_t)elf, (size_t)info.st_size);
}

void fmt_find_counters(void) {
    for (; looked < files; looked++)
        look_into(noted[looked].path, noted[looked].base);
}

/* Makes a folder hang, as one on a network does whose server is gone: for the programs that this is
   preloaded in, what is asked of paths with ASR_TEST_HANGING in them takes as long as the file
   exists that ASR_TEST_HANG names. */

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void wait_for(const char *path) {
    char *part = getenv("ASR_TEST_HANGING"), *file = getenv("ASR_TEST_HANG");
    if (part && file && strstr(path, part))
        while (access(file, F_OK) == 0)
            usleep(1000);
}

DIR *opendir(const char *path) {
    DIR *(*real)(const char *) = (DIR * (*)(const char *)) dlsym(RTLD_NEXT, "opendir");
    wait_for(path);
    return real(path);
}

int stat64(const char *path, struct stat64 *found) {
    int (*real)(const char *, struct stat64 *) =
        (int (*)(const char *, struct stat64 *))dlsym(RTLD_NEXT, "stat64");
    wait_for(path);
    return real(path, found);
}

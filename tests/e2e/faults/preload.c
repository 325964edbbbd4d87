/* Runs a Python file in a frozen program, which takes no sitecustomize: LD_PRELOAD this, and name
   the file in ASR_TEST_SCRIPT. A thread waits until the interpreter has begun with the program
   itself, then runs the file under its lock. It imports nothing before: an import that meets the
   installation of the program's own importer can leave the system's in its place, and then what
   is in the program is not found. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *run(void *script) {
    int (*is_initialized)(void) = NULL;
    while (!is_initialized || !is_initialized()) {
        usleep(500);
        is_initialized = (int (*)(void))dlsym(RTLD_DEFAULT, "Py_IsInitialized");
    }
    int (*ensure)(void) = (int (*)(void))dlsym(RTLD_DEFAULT, "PyGILState_Ensure");
    void (*release)(int) = (void (*)(int))dlsym(RTLD_DEFAULT, "PyGILState_Release");
    void *(*modules)(void) = (void *(*)(void))dlsym(RTLD_DEFAULT, "PyImport_GetModuleDict");
    void *(*item)(void *, const char *) =
        (void *(*)(void *, const char *))dlsym(RTLD_DEFAULT, "PyDict_GetItemString");
    int (*run_string)(const char *, void *) =
        (int (*)(const char *, void *))dlsym(RTLD_DEFAULT, "PyRun_SimpleStringFlags");
    if (!ensure || !release || !modules || !item || !run_string) {
        fprintf(stderr, "preload: no interpreter to be found\n");
        return NULL;
    }
    char code[4096];
    snprintf(code, sizeof code,
             "import types\n"
             "_fault = types.ModuleType('fault')\n"
             "exec(compile(open(r'%s').read(), r'%s', 'exec'), _fault.__dict__)\n"
             "import sys; sys.modules['fault'] = _fault\n",
             (char *)script, (char *)script);
    for (int tries = 0; tries < 20000; tries++) {
        int state = ensure();
        int has_begun = item(modules(), "sidecar") != NULL;
        if (has_begun)
            run_string(code, NULL);
        release(state);
        if (has_begun)
            break;
        usleep(500);
    }
    return NULL;
}

__attribute__((constructor)) static void begin(void) {
    char *script = getenv("ASR_TEST_SCRIPT");
    pthread_t thread;
    if (script && pthread_create(&thread, NULL, run, script) == 0)
        pthread_detach(thread);
}

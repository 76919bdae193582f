// What the libraries with NVIDIA's names are made of: each function is one jump into the engine's
// library, whatever its arguments are. So there is one machine in a process, and no call is written
// down twice. ELF only.
#pragma once

#if defined(__x86_64__)
// `jmp` through the table of addresses; every register and the stack stay as the caller left them.
#define GPUEX_JUMP(target) "  jmp *" target "@GOTPCREL(%rip)\n"
#define GPUEX_BRANCH_PROTECTION "  endbr64\n"
#define GPUEX_FIRST_ARGUMENT(label) "  lea " label "(%rip), %rdi\n"
#elif defined(__aarch64__)
#define GPUEX_JUMP(target)           \
  "  adrp x16, :got:" target "\n"    \
  "  ldr x16, [x16, :got_lo12:" target "]\n" \
  "  br x16\n"
#define GPUEX_BRANCH_PROTECTION "  hint #34\n"
#define GPUEX_FIRST_ARGUMENT(label) \
  "  adrp x0, " label "\n"          \
  "  add x0, x0, :lo12:" label "\n"
#else
#error "the stand-in's libraries know x86-64 and AArch64"
#endif

#define GPUEX_FUNCTION(name, body)                   \
  asm(".text\n.globl " name "\n.type " name ", %function\n.p2align 4\n" name ":\n" \
      GPUEX_BRANCH_PROTECTION body ".size " name ", .-" name "\n");

#define GPUEX_FORWARD_AS(name, target) GPUEX_FUNCTION(name, GPUEX_JUMP(target))
#define GPUEX_FORWARD(presence, result, name, parameters) GPUEX_FORWARD_AS(#name, "gpuex_" #name)

// A function that the stand-in does not model.
#define GPUEX_UNSUPPORTED(library, name)                                        \
  asm(".section .rodata\n.Lname_" #name ": .asciz \"" #name "\"\n");            \
  GPUEX_FUNCTION(#name, GPUEX_FIRST_ARGUMENT(".Lname_" #name)                   \
                            GPUEX_JUMP("gpuex_unsupported_" #library))

// Every one of the libraries can be steered, and says that it is none of NVIDIA's.
#define GPUEX_FORWARD_CONTROL                                                        \
  GPUEX_FORWARD_AS("gpuExceptionsMockVersion", "gpuex_gpuExceptionsMockVersion")     \
  GPUEX_FORWARD_AS("gpuExceptionsMockControl", "gpuex_gpuExceptionsMockControl")     \
  GPUEX_FORWARD_AS("gpuExceptionsMockRegisterKernel", "gpuex_gpuExceptionsMockRegisterKernel")

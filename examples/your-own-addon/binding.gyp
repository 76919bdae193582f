{
  "variables": {
    "gpu_exceptions": "<!(node where.cjs include)",
    "nvcc": "<!(node where.cjs nvcc)"
  },
  "targets": [
    {
      "target_name": "your_own_addon",
      "sources": ["src/addon.cc", "src/on_host.cc"],
      "defines": [
        "NAPI_VERSION=8",
        "NODE_ADDON_API_CPP_EXCEPTIONS_ALL",
        "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"
      ],
      "include_dirs": [
        "<(gpu_exceptions)",
        # That of mock/kernel.h, which only what runs on the stand-in needs.
        "<(gpu_exceptions)/..",
        "<!(node -p \"require('node-api-headers').include_dir\")",
        "<!(node -p \"require('node-addon-api').include_dir\")"
      ],
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
      "cflags_cc": ["-std=c++17", "-Wall", "-Wextra", "-fvisibility=hidden"],
      "libraries": ["-ldl"],
      "conditions": [
        ["nvcc!=''", {
          "variables": { "toolkit": "<!(node where.cjs toolkit)" },
          "sources": ["src/saxpy.cu"],
          "include_dirs": ["<(toolkit)/include"],
          "libraries": ["-L<(toolkit)/lib64", "-lcudart"],
          "rules": [{
            "rule_name": "nvcc",
            "extension": "cu",
            "outputs": ["<(INTERMEDIATE_DIR)/<(RULE_INPUT_ROOT).cu.o"],
            "action": [
              "<(nvcc)", "-c", "-std=c++17", "-O2", "-cudart", "shared", "-Xcompiler", "-fPIC",
              "<(RULE_INPUT_PATH)", "-o", "<@(_outputs)"
            ],
            "process_outputs_as_sources": 1
          }]
        }, {
          "variables": { "stand_in": "<!(node where.cjs stand-in)" },
          "sources": ["src/saxpy_without_nvcc.cc"],
          "include_dirs": ["without-toolkit"],
          "libraries": ["<(stand_in)/libcudart.so.13", "-Wl,--allow-shlib-undefined"]
        }]
      ]
    }
  ]
}

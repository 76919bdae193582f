{
  # What all libraries with NVIDIA's names share; stand_ins.gypi says which there are.
  "type": "shared_library",
  "product_prefix": "lib",
  "product_dir": "<(PRODUCT_DIR)/stand-in",
  "dependencies": ["gpu_exceptions_mock"],
  "ldflags": ["-Wl,-rpath,'$$ORIGIN/..'"]
}

#include "mock/nvrtc/image.h"

#include <cstdint>
#include <cstring>

namespace gpuex::mock::nvrtc {

std::string MakePtx(const std::vector<ImageKernel>& kernels, const Options& options,
                    int cuda_version) {
  // PTX ISA 8.0 came with CUDA 12.0, 9.0 with 13.0.
  std::string text =
      "//\n// Declarations made by the stand-in of gpu-exceptions: there is no code in them.\n//\n\n"
      ".version " + std::to_string(cuda_version / 1000 - 4) + '.' +
      std::to_string(cuda_version % 1000 / 10) + "\n.target sm_" +
      std::to_string(options.architecture) + options.suffix + "\n.address_size 64\n";
  for (const ImageKernel& kernel : kernels) {
    text += "\n\t// .globl\t" + kernel.name + "\n\n.visible .entry " + kernel.name + '(';
    for (size_t i = 0; i < kernel.parameters.size(); ++i) {
      const ImageKernel::Parameter& parameter = kernel.parameters[i];
      const std::string name = kernel.name + "_param_" + std::to_string(i);
      text += i == 0 ? "\n\t.param " : ",\n\t.param ";
      if (parameter.ptx != nullptr) {
        text += std::string(parameter.ptx) + ' ' + name;
      } else {
        text += ".align " + std::to_string(parameter.alignment) + " .b8 " + name + '[' +
                std::to_string(parameter.bytes) + ']';
      }
    }
    text += kernel.parameters.empty() ? ")\n{\n" : "\n)\n{\n";
    for (size_t i = 0; i < kernel.shared.size(); ++i) {
      const auto& [bytes, alignment] = kernel.shared[i];
      text += "\t.shared .align " + std::to_string(alignment) + " .b8 " + kernel.name + "_shared_" +
              std::to_string(i) + '[' + std::to_string(bytes) + "];\n";
    }
    text += "\tret;\n}\n";
  }
  return text;
}

namespace {

class Bytes {
 public:
  template <class T>
  void Put(T value) {
    text_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void Put(const std::string& more) { text_ += more; }
  size_t size() const { return text_.size(); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

struct Section {
  std::string name;
  uint32_t type;
  std::string content;
};

// One entry for each parameter, as NVIDIA's compiler writes them: EIATTR_KPARAM_INFO.
std::string ParameterInfo(const ImageKernel& kernel) {
  Bytes info;
  size_t offset = 0;
  for (size_t i = 0; i < kernel.parameters.size(); ++i) {
    const ImageKernel::Parameter& parameter = kernel.parameters[i];
    offset = (offset + parameter.alignment - 1) / parameter.alignment * parameter.alignment;
    info.Put(uint16_t{0x1704});
    info.Put(uint16_t{12});
    info.Put(uint32_t{0});
    info.Put(static_cast<uint16_t>(i));
    info.Put(static_cast<uint16_t>(offset));
    info.Put(static_cast<uint32_t>(parameter.bytes << 18 | 0x1f000));
    offset += parameter.bytes;
  }
  return info.text();
}

}  // namespace

std::string MakeCubin(const std::vector<ImageKernel>& kernels, const Options& options) {
  constexpr uint32_t kProgram = 1;
  constexpr uint32_t kStrings = 3;
  constexpr uint32_t kCudaInfo = 0x70000000;
  std::vector<Section> sections{{"", 0, ""}, {".shstrtab", kStrings, std::string(1, '\0')}};
  for (const ImageKernel& kernel : kernels) {
    sections.push_back({".nv.info." + kernel.name, kCudaInfo, ParameterInfo(kernel)});
    sections.push_back({".text." + kernel.name, kProgram, ""});
  }
  std::vector<uint32_t> names;
  for (const Section& section : sections) {
    names.push_back(section.name.empty() ? 0
                                         : static_cast<uint32_t>(sections[1].content.size()));
    if (!section.name.empty()) sections[1].content += section.name + '\0';
  }

  constexpr size_t kHeaderBytes = 64;
  size_t end = kHeaderBytes;
  for (const Section& section : sections) end += (section.content.size() + 7) / 8 * 8;
  Bytes elf;
  elf.Put(std::string("\x7f" "ELF\x02\x01\x01\x41\x08\0\0\0\0\0\0\0", 16));
  elf.Put(uint16_t{2});    // executable
  elf.Put(uint16_t{190});  // EM_CUDA
  elf.Put(uint32_t{1});
  elf.Put(uint64_t{0});
  elf.Put(uint64_t{0});
  elf.Put(uint64_t{end});
  elf.Put(static_cast<uint32_t>(options.architecture << 8));
  elf.Put(static_cast<uint16_t>(kHeaderBytes));
  elf.Put(uint16_t{56});
  elf.Put(uint16_t{0});
  elf.Put(uint16_t{64});
  elf.Put(static_cast<uint16_t>(sections.size()));
  elf.Put(uint16_t{1});
  std::vector<size_t> offsets;
  for (const Section& section : sections) {
    offsets.push_back(elf.size());
    elf.Put(section.content);
    while (elf.size() % 8 != 0) elf.Put('\0');
  }
  for (size_t i = 0; i < sections.size(); ++i) {
    elf.Put(names[i]);
    elf.Put(sections[i].type);
    elf.Put(uint64_t{0});
    elf.Put(uint64_t{0});
    elf.Put(static_cast<uint64_t>(offsets[i]));
    elf.Put(static_cast<uint64_t>(sections[i].content.size()));
    elf.Put(uint32_t{0});
    elf.Put(uint32_t{0});
    elf.Put(uint64_t{1});
    elf.Put(uint64_t{0});
  }
  return elf.text();
}

}  // namespace gpuex::mock::nvrtc

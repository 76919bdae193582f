#include "mock/nvrtc/parameters.h"

#include <utility>

namespace gpuex::mock::nvrtc {

void ReadTemplateParameters(Cursor& cursor, const Scopes& scopes,
                            std::vector<TemplateParameter>* parameters) {
  ++cursor.at();
  if (!cursor.Take("<")) return;
  while (!cursor.ended() && !cursor.Take(">")) {
    TemplateParameter parameter{"", cursor.Take("typename") || cursor.Take("class"), ""};
    if (!parameter.is_type) {
      Type type;
      if (!scopes.Read(cursor, *parameters, &type)) return cursor.ExpectType();
      parameter.builtin = type.builtin;
    }
    cursor.Take("...");
    parameter.name = cursor.TakeIdentifier();
    cursor.SkipDefault(">");
    cursor.Take(",");
    parameters->push_back(std::move(parameter));
  }
}

bool ReadParameters(Cursor& cursor, const Scopes& scopes,
                    const std::vector<TemplateParameter>& of_template, const Place& kernel,
                    std::vector<Parameter>* parameters) {
  if (cursor.Take(")")) return true;
  if (cursor.At("void") && cursor.At(")", 1)) {
    cursor.at() += 2;
    return true;
  }
  while (!cursor.ended()) {
    if (cursor.At("...")) {
      cursor.log().Error(kernel, "a __global__ function cannot have ellipsis");
      cursor.Stop();
      return false;
    }
    Parameter parameter;
    parameter.place = cursor.place();
    if (!scopes.Read(cursor, of_template, &parameter.type)) {
      cursor.ExpectType();
      return false;
    }
    parameter.name = cursor.TakeIdentifier();
    if (cursor.At("[")) {
      if (!cursor.SkipBrackets("[", "]")) return false;
      parameter.type.layers.push_back({'*'});
      parameter.type.bytes = parameter.type.alignment = sizeof(void*);
    }
    cursor.SkipDefault(")");
    parameters->push_back(std::move(parameter));
    if (cursor.Take(")")) return true;
    if (!cursor.Take(",")) break;
  }
  cursor.Expect(")");
  return false;
}

}  // namespace gpuex::mock::nvrtc

// Whether two declarations of one C function can be called through one another: the same number of
// parameters, and each passed alike. Names of types are not compared, because ours stand in a
// namespace and NVIDIA's do not; an enumeration of theirs is an int of ours.
#pragma once

#include <type_traits>

namespace abi_test {

template <typename T, typename = void>
struct IsComplete : std::false_type {};
template <typename T>
struct IsComplete<T, std::void_t<decltype(sizeof(T))>> : std::true_type {};

template <typename T>
constexpr bool kNumber = std::is_arithmetic_v<T> || std::is_enum_v<T>;

template <typename T, bool kIsEnum = std::is_enum_v<T>>
struct Integer {
  using type = T;
};
template <typename T>
struct Integer<T, true> {
  using type = std::underlying_type_t<T>;
};

template <typename Ours, typename Theirs>
constexpr bool SameShape() {
  using A = std::remove_cv_t<Ours>;
  using B = std::remove_cv_t<Theirs>;
  if constexpr (std::is_pointer_v<A> && std::is_pointer_v<B>) {
    using PointedA = std::remove_pointer_t<A>;
    using PointedB = std::remove_pointer_t<B>;
    return std::is_const_v<PointedA> == std::is_const_v<PointedB> &&
           SameShape<PointedA, PointedB>();
  } else if constexpr (std::is_void_v<A> || std::is_void_v<B>) {
    return std::is_void_v<A> && std::is_void_v<B>;
  } else if constexpr (std::is_function_v<A> || std::is_function_v<B>) {
    return std::is_function_v<A> && std::is_function_v<B>;
  } else if constexpr (kNumber<A> && kNumber<B>) {
    // Enumerations without a negative value may be unsigned; they are passed alike.
    const bool signs_count = !std::is_enum_v<A> && !std::is_enum_v<B>;
    return sizeof(A) == sizeof(B) &&
           std::is_floating_point_v<A> == std::is_floating_point_v<B> &&
           (!signs_count || std::is_signed_v<A> == std::is_signed_v<B>);
  } else if constexpr (std::is_class_v<A> || std::is_union_v<A>) {
    if constexpr (!std::is_class_v<B> && !std::is_union_v<B>) {
      return false;
    } else if constexpr (IsComplete<A>::value && IsComplete<B>::value) {
      return sizeof(A) == sizeof(B) && alignof(A) == alignof(B);
    } else {
      return IsComplete<A>::value == IsComplete<B>::value;  // both opaque
    }
  } else {
    return std::is_same_v<A, B>;
  }
}

template <typename Ours, typename Theirs>
struct SameFunction : std::false_type {};
template <typename R, typename... P, typename S, typename... Q>
struct SameFunction<R (*)(P...), S (*)(Q...)> {
  template <bool kSameCount>
  static constexpr bool Compare() {
    if constexpr (kSameCount) {
      return SameShape<R, S>() && (SameShape<P, Q>() && ...);
    } else {
      return false;
    }
  }
  static constexpr bool value = Compare<sizeof...(P) == sizeof...(Q)>();
};

}  // namespace abi_test

// What each list in native/abi declares, under a name that no macro of NVIDIA's touches.
#define ABI_TEST_OURS(presence, result, name, parameters) using Ours_##name = result(*) parameters;
#define ABI_TEST_SAME(presence, result, name, parameters)                                    \
  static_assert(abi_test::SameFunction<ours::Ours_##name, decltype(&::name)>::value,         \
                #name ": the signature in native/abi is not the vendor's");

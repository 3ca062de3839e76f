# Turns a text file into a C++ header, so that a program can carry the text inside itself:
#
#   cmake -DINPUT=iris.csv -DOUTPUT=tautrack_iris_csv.hpp -DNAME=iris_csv -P embed_text.cmake
#
# OUTPUT defines `inline constexpr char tautrack::detail::NAME[]`, the text of INPUT with LF line
# ends and a terminating zero. OUTPUT is written only when its content changes. INPUT must be text
# (no zero bytes) and must not contain the closing mark )tautrack".

cmake_minimum_required(VERSION 3.20)

foreach(argument IN ITEMS INPUT OUTPUT NAME)
  if(NOT DEFINED ${argument} OR "${${argument}}" STREQUAL "")
    message(FATAL_ERROR "embed_text.cmake needs -D${argument}=...")
  endif()
endforeach()
if(NOT NAME MATCHES "^[A-Za-z_][A-Za-z0-9_]*$")
  message(FATAL_ERROR "embed_text.cmake: NAME=${NAME} is not a C++ identifier")
endif()
if(NOT EXISTS "${INPUT}" OR IS_DIRECTORY "${INPUT}")
  message(FATAL_ERROR "embed_text.cmake: INPUT=${INPUT} is not a file")
endif()

file(READ "${INPUT}" text)
string(REPLACE "\r\n" "\n" text "${text}")
string(FIND "${text}" ")tautrack\"" position)
if(NOT position EQUAL -1)
  message(FATAL_ERROR "embed_text.cmake: ${INPUT} contains )tautrack\" at byte ${position}")
endif()

get_filename_component(input_name "${INPUT}" NAME)
string(CONCAT header
  "// Made from ${input_name} by embed_text.cmake.\n"
  "#pragma once\n"
  "\n"
  "namespace tautrack::detail {\n"
  "\n"
  "inline constexpr char ${NAME}[] = R\"tautrack(${text})tautrack\";\n"
  "\n"
  "}  // namespace tautrack::detail\n")

if(EXISTS "${OUTPUT}")
  file(READ "${OUTPUT}" previous)
  if("${previous}" STREQUAL "${header}")
    return()
  endif()
endif()
file(WRITE "${OUTPUT}" "${header}")

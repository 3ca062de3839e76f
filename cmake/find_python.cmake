# Sets TAUTRACK_HAS_PYTHON if there are a Python with NumPy, its headers and pybind11. The Python is the one that
# Python3_EXECUTABLE names; without it the first on the path that has NumPy, or else the one of the system.
if(NOT Python3_EXECUTABLE)
  find_program(TAUTRACK_PATH_PYTHON python3)
  mark_as_advanced(TAUTRACK_PATH_PYTHON)
  foreach(python IN ITEMS "${TAUTRACK_PATH_PYTHON}" /usr/bin/python3)
    if(python AND NOT Python3_EXECUTABLE)
      execute_process(COMMAND ${python} -c "import numpy" RESULT_VARIABLE result OUTPUT_QUIET
                      ERROR_QUIET)
      if(result EQUAL 0)
        set(Python3_EXECUTABLE ${python})
      endif()
    endif()
  endforeach()
endif()
if(Python3_EXECUTABLE)
  find_package(Python3 3.9 QUIET COMPONENTS Interpreter Development.Module)
  # The pybind11 that was installed by pip says where it is.
  execute_process(COMMAND ${Python3_EXECUTABLE} -m pybind11 --cmakedir OUTPUT_VARIABLE hint
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  find_package(pybind11 2.10 CONFIG QUIET HINTS ${hint})
  if(Python3_Development.Module_FOUND AND pybind11_FOUND)
    set(TAUTRACK_HAS_PYTHON ON)
  endif()
endif()

# What `cmake --install` puts where: the library, its headers and package config, the command, the
# data that the command knows by name.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/spvae)

install(TARGETS spvae EXPORT spvaeTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS spvae_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# The public headers: density.h, what the programs of docs/library include, and what those need.
file(GLOB pages ${PROJECT_SOURCE_DIR}/docs/library/*.md)
set(unread ${pages} ${PROJECT_SOURCE_DIR}/examples/consumer/score.cpp)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${unread})
set(public_headers)
while(unread)
  list(POP_FRONT unread file)
  file(STRINGS ${file} includes REGEX "^#include \"spvae/.*\"$")
  foreach(include ${includes})
    string(REGEX REPLACE "^#include \"(.*)\"$" "\\1" header ${include})
    if(NOT header IN_LIST public_headers)
      list(APPEND public_headers ${header})
      list(APPEND unread ${PROJECT_SOURCE_DIR}/src/${header})
    endif()
  endforeach()
endwhile()
foreach(header ${public_headers})
  cmake_path(GET header PARENT_PATH folder)
  install(FILES src/${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/${folder})
endforeach()
install(DIRECTORY experiments DESTINATION ${CMAKE_INSTALL_DATADIR}/spvae)
install(DIRECTORY data/mnist DESTINATION ${CMAKE_INSTALL_DATADIR}/spvae/data)
install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

install(EXPORT spvaeTargets NAMESPACE spvae:: DESTINATION ${package_dir})
configure_package_config_file(cmake/spvaeConfig.cmake.in ${PROJECT_BINARY_DIR}/spvaeConfig.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/spvaeConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/spvaeConfig.cmake ${PROJECT_BINARY_DIR}/spvaeConfigVersion.cmake
  DESTINATION ${package_dir})

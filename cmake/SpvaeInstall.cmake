# What `cmake --install` puts where: the library, its headers and package config, the command, the
# data that the command knows by name.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/spvae)

install(TARGETS spvae EXPORT spvaeTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS spvae_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# "-inl.h" files are parts of the kernels' translation unit, "_test*.h" files of the tests.
install(DIRECTORY src/spvae DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.h" PATTERN "*-inl.h" EXCLUDE PATTERN "*_test*.h" EXCLUDE)
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

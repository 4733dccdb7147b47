# spvae_library_page(FILE.md): the program that a page shows, built as it stands there, as page_FILE in
# ${PROJECT_BINARY_DIR}/library_pages.
function(spvae_library_page file)
  set(page ${PROJECT_SOURCE_DIR}/${file})
  get_filename_component(name ${file} NAME_WE)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${page})
  file(READ ${page} text)
  if(NOT text MATCHES "```cpp\n([^`]*)```\n")
    message(FATAL_ERROR "${page}: expected a program between ```cpp and ```")
  endif()
  set(program ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
  file(CONFIGURE OUTPUT ${program} CONTENT "${CMAKE_MATCH_1}" @ONLY)
  add_executable(page_${name} ${program})
  set_target_properties(page_${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/library_pages)
  target_link_libraries(page_${name} PRIVATE spvae)
  spvae_compile_options(page_${name})
endfunction()
